import { randomBytes } from 'node:crypto';
import { messageOf, OperationError } from '../../base/operation-error.ts';
import { mintCleanServer, type CleanServer } from '../clean-server.ts';
import type { CleanProofOptions } from '../engine.ts';
import type { ServerAccess } from '../server-access.ts';
import { userObjects } from './restore-database.ts';
import { openSession, type Session } from './session.ts';

/**
 * The contract is `Engine.proveClean`. Two independent signs that the target is none of the sources: its system identifier
 * differs (a standby or a copied data directory has the same), and a random advisory lock taken on it cannot be seen on
 * any source (two addresses of one server, whatever the names say). A source that cannot be asked could be the target:
 * throws `server/unreachable`.
 */
export async function proveClean(target: ServerAccess, options: CleanProofOptions): Promise<CleanServer> {
  const { signal } = options;
  await using session = await openSession(target, target.maintenanceDatabase, { signal });
  const identity = await systemIdentifier(session);
  const key = randomBytes(8);
  await session.query('SELECT pg_advisory_lock($1::bigint)', [key.readBigInt64BE().toString()]);
  if (!(await isVisible(session, key))) {
    throw new OperationError(
      'target/is-source',
      `${target.name} does not show a lock that was just taken on it, so it cannot be told from a source`,
      {
        hint: 'Connect to the server itself and not through a pooler.',
      },
    );
  }
  for (const source of options.sources) await refuseSource(target, source, { identity, key, signal });
  if (options.mustBeEmpty) await refuseContent(target, session, signal);
  return mintCleanServer(target);
}

async function refuseSource(
  target: ServerAccess,
  source: ServerAccess,
  proof: { readonly identity: string; readonly key: Buffer; readonly signal: AbortSignal },
): Promise<void> {
  const same = await ask(source, proof);
  if (same === undefined) return;
  throw new OperationError('target/is-source', `${target.name} is the declared source ${source.name}: ${same}`, {
    hint: 'Name another server as the target.',
  });
}

async function ask(
  source: ServerAccess,
  { identity, key, signal }: { readonly identity: string; readonly key: Buffer; readonly signal: AbortSignal },
): Promise<string | undefined> {
  try {
    await using session = await openSession(source, source.maintenanceDatabase, { signal });
    if (await isVisible(session, key)) return 'a lock taken on one is seen on the other';
    if ((await systemIdentifier(session)) === identity) return 'both have the same system identifier';
    return undefined;
  } catch (error) {
    if (!(error instanceof OperationError) || signal.aborted) throw error;
    throw new OperationError(
      'server/unreachable',
      `source ${source.name} could not be asked whether it is the target: ${messageOf(error)}`,
      {
        hint: 'Every declared source must answer before anything is written to a declared target.',
        transient: error.transient,
        cause: error,
      },
    );
  }
}

async function systemIdentifier(session: Session): Promise<string> {
  const [row] = await session.query<{ identity: string }>(
    'SELECT system_identifier AS identity FROM pg_control_system()',
  );
  return row?.identity ?? '';
}

/** A bigint key shows as classid (its high half), objid (its low half) and objsubid 1, of every database (manual, section "pg_locks"). */
async function isVisible(session: Session, key: Buffer): Promise<boolean> {
  const rows = await session.query(
    "SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = $1::bigint::oid AND objid = $2::bigint::oid",
    [String(key.readUInt32BE(0)), String(key.readUInt32BE(4))],
  );
  return rows.length > 0;
}

async function refuseContent(target: ServerAccess, session: Session, signal: AbortSignal): Promise<void> {
  const found = await session.query<{ what: string }>(`
    SELECT 'database ' || quote_ident(datname) AS what FROM pg_database WHERE oid >= 16384 AND datname NOT IN ('postgres', 'template1', current_database())
    UNION ALL SELECT 'role ' || quote_ident(rolname) FROM pg_roles WHERE oid >= 16384 AND rolname <> session_user
    UNION ALL SELECT 'tablespace ' || quote_ident(spcname) FROM pg_tablespace WHERE oid >= 16384
    UNION ALL SELECT 'replication slot ' || slot_name FROM pg_replication_slots
    LIMIT 5`);
  const databases = await session.query<{ name: string }>(
    "SELECT datname AS name FROM pg_database WHERE datallowconn AND datname NOT IN ('template0', 'template1')",
  );
  const content = found.map(({ what }) => what);
  for (const { name } of databases) {
    if (content.length >= 5) break;
    await using other = await openSession(target, name, { signal });
    content.push(...(await userObjects(other)).map((object) => `${object} in database ${name}`));
  }
  if (content.length === 0) return;
  throw new OperationError('target/not-empty', `${target.name} is not empty: ${content.slice(0, 5).join(', ')}`, {
    hint: 'Use a new server, or remove what is on it.',
  });
}
