import { OperationError } from '../../base/operation-error.ts';
import type { CleanServer, OpenServer } from '../clean-server.ts';
import { QueryError } from './query-error.ts';
import { openRestored } from './restored-session.ts';
import type { Session } from './session.ts';

/** A check is a question, not a job: five minutes. */
const timeoutMs = 300_000;

/** The contract is `Engine.queryValue`. Names resolve as they would for an application: by the database's `search_path`. */
export async function queryValue(
  target: CleanServer | OpenServer,
  database: string,
  sql: string,
): Promise<string | null> {
  await using session = await openRestored(target, database);
  try {
    await session.run(
      `SET default_transaction_read_only = on; SET statement_timeout = ${timeoutMs}; SET row_security = on`,
    );
    await session.query("SELECT set_config('search_path', $1, false)", [await searchPath(session)]);
    // As a subquery it can only be one statement, and only one that reads. The line break ends a comment at its end;
    // the alias keeps two columns of one name apart.
    const question = sql.trim().replace(/;$/, '');
    return single(await session.query(`SELECT * FROM (${question}\n) AS question(value) LIMIT 2`));
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw new OperationError('proof/check-failed', error.message, { cause: error });
  }
}

/** Ours was given at start-up and hides the setting of the database, which is therefore read from the catalog. */
async function searchPath(session: Session): Promise<string> {
  const [row] = await session.query<{ path: string }>(`
    SELECT substr(o, length('search_path=') + 1) AS path
    FROM pg_db_role_setting s
    LEFT JOIN pg_database d ON d.oid = s.setdatabase
    LEFT JOIN pg_roles r ON r.oid = s.setrole
    CROSS JOIN LATERAL unnest(s.setconfig) o
    WHERE o LIKE 'search_path=%' AND (s.setdatabase = 0 OR d.datname = current_database()) AND (s.setrole = 0 OR r.rolname = session_user)
    ORDER BY s.setdatabase = 0 AND s.setrole = 0, s.setrole = 0, s.setdatabase = 0 LIMIT 1`);
  return row?.path ?? '"$user", public';
}

function single(rows: readonly Readonly<Record<string, unknown>>[]): string | null {
  const [row] = rows;
  if (row === undefined || rows.length > 1) {
    throw new OperationError(
      'proof/check-failed',
      `a check must give one row, but gave ${row === undefined ? 'none' : 'more'}`,
    );
  }
  const values = Object.values(row);
  if (values.length !== 1) {
    throw new OperationError('proof/check-failed', `a check must give one column, but gave more`);
  }
  const [value] = values;
  return value === null || value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value);
}
