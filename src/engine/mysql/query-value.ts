import { OperationError } from '../../base/operation-error.ts';
import type { CleanServer, OpenServer } from '../clean-server.ts';
import type { Flavour } from './flavour.ts';
import { QueryError } from './query-error.ts';
import { openSession } from './session.ts';

/** A check is a question, not a job: five minutes. */
const timeoutMs = 300_000;

/**
 * The contract is `Engine.queryValue`. Quotes and operators mean what they do for an application: by the server's `sql_mode`.
 */
export const queryValue =
  (flavour: Flavour) =>
  async (target: CleanServer | OpenServer, database: string, sql: string): Promise<string | null> => {
    await using session = await openSession(target, flavour, { database });
    try {
      await session.run(flavour.statementLimit(timeoutMs));
      await session.run('SET SESSION sql_mode = @@GLOBAL.sql_mode');
      await session.run('START TRANSACTION READ ONLY');
      // As a derived table it can only be one statement, and only one that reads. The line break ends a comment at its end.
      const question = sql.trim().replace(/;$/, '');
      return single(await session.query(`SELECT * FROM (${question}\n) AS question LIMIT 2`));
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      throw new OperationError('proof/check-failed', error.message, { cause: error });
    }
  };

function single(rows: readonly Readonly<Record<string, string | null>>[]): string | null {
  const [row] = rows;
  if (row === undefined || rows.length > 1) {
    throw new OperationError(
      'proof/check-failed',
      `a check must give one row, but gave ${row === undefined ? 'none' : 'more'}`,
    );
  }
  const values = Object.values(row);
  if (values.length !== 1) {
    throw new OperationError('proof/check-failed', 'a check must give one column, but gave more');
  }
  return values[0] ?? null;
}
