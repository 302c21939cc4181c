import { randomBytes } from 'node:crypto';
import { askSources, hidesLocks, sourceTimeoutMs, type Comparison } from '../ask-sources.ts';
import type { ServerAccess } from '../server-access.ts';
import { openSession, type Session } from './session.ts';

/**
 * Two independent signs that two addresses are one server: the system identifier (a standby or a copied data directory has
 * the same), and a random advisory lock taken on one that is seen on the other, whatever the names say. Asks all sources at
 * once, for ten seconds at most. `session` is on the target. Throws `target/is-source` where the target hides its own locks
 * (a pooler).
 */
export async function compareServers(
  session: Session,
  sources: readonly ServerAccess[],
  { target, signal }: { readonly target: string; readonly signal: AbortSignal },
): Promise<Comparison> {
  const identity = await systemIdentifier(session);
  const key = randomBytes(8);
  await session.query('SELECT pg_advisory_lock($1::bigint)', [key.readBigInt64BE().toString()]);
  if (!(await isVisible(session, key))) throw hidesLocks(target, 'pooler');
  const because = async (source: ServerAccess): Promise<string | undefined> => {
    await using there = await openSession(source, source.maintenanceDatabase, {
      signal,
      connectTimeoutMs: sourceTimeoutMs,
    });
    if (await isVisible(there, key)) return 'a lock taken on one is seen on the other';
    return (await systemIdentifier(there)) === identity ? 'both have the same system identifier' : undefined;
  };
  const compared = await askSources(sources, because, signal);
  await session.query('SELECT pg_advisory_unlock($1::bigint)', [key.readBigInt64BE().toString()]);
  return compared;
}

export async function systemIdentifier(session: Session): Promise<string> {
  const [row] = await session.query<{ identity: string }>(
    'SELECT system_identifier AS identity FROM pg_control_system()',
  );
  return row?.identity ?? '';
}

/**
 * A bigint key shows as classid (its high half), objid (its low half) and objsubid 1, of every database (manual, section
 * "pg_locks").
 */
export async function isVisible(session: Session, key: Buffer): Promise<boolean> {
  const rows = await session.query(
    "SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = $1::bigint::oid AND objid = $2::bigint::oid",
    [String(key.readUInt32BE(0)), String(key.readUInt32BE(4))],
  );
  return rows.length > 0;
}
