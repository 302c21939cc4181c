import { randomBytes } from 'node:crypto';
import { messageOf, OperationError } from '../../base/operation-error.ts';
import type { ServerAccess } from '../server-access.ts';
import { openSession, type Session } from './session.ts';

export interface Comparison {
  /** The source that the target is, and how that shows; undefined where it is none of those that answered. */
  readonly same: { readonly source: string; readonly because: string } | undefined;
  /** Sources that could not be asked, and why. */
  readonly silent: readonly { readonly source: string; readonly error: OperationError }[];
}

/**
 * Two independent signs that two addresses are one server: the system identifier (a standby or a copied data directory has the same), and
 * a random advisory lock taken on one that is seen on the other, whatever the names say. Asks all sources at once, for ten
 * seconds at most. `session` is on the target. Throws `target/is-source` where the target hides its own locks (a pooler).
 */
export async function compareServers(
  session: Session,
  sources: readonly ServerAccess[],
  { target, signal }: { readonly target: string; readonly signal: AbortSignal },
): Promise<Comparison> {
  const identity = await systemIdentifier(session);
  const key = randomBytes(8);
  await session.query('SELECT pg_advisory_lock($1::bigint)', [key.readBigInt64BE().toString()]);
  if (!(await isVisible(session, key))) {
    throw new OperationError(
      'target/is-source',
      `${target} does not show a lock that was just taken on it, so it cannot be told from a source`,
      { hint: 'Connect to the server itself and not through a pooler.' },
    );
  }
  const answers = await Promise.all(sources.map((source) => ask(source, { identity, key, signal })));
  await session.query('SELECT pg_advisory_unlock($1::bigint)', [key.readBigInt64BE().toString()]);
  return {
    same: answers.map(({ same }) => same).find((same) => same !== undefined),
    silent: answers.flatMap(({ silent }) => silent ?? []),
  };
}

interface Answer {
  readonly same?: { readonly source: string; readonly because: string };
  readonly silent?: { readonly source: string; readonly error: OperationError };
}

async function ask(
  source: ServerAccess,
  { identity, key, signal }: { readonly identity: string; readonly key: Buffer; readonly signal: AbortSignal },
): Promise<Answer> {
  const { name } = source;
  try {
    await using session = await openSession(source, source.maintenanceDatabase, { signal, connectTimeoutMs: 10_000 });
    if (await isVisible(session, key))
      return { same: { source: name, because: 'a lock taken on one is seen on the other' } };
    if ((await systemIdentifier(session)) === identity)
      return { same: { source: name, because: 'both have the same system identifier' } };
    return {};
  } catch (error) {
    if (!(error instanceof OperationError) || signal.aborted) throw error;
    return {
      silent: {
        source: name,
        error: new OperationError(
          'server/unreachable',
          `source ${name} could not be asked whether it is the target: ${messageOf(error)}`,
          {
            hint: 'Every declared source must answer before anything is written to a declared target.',
            transient: error.transient,
            cause: error,
          },
        ),
      },
    };
  }
}

export async function systemIdentifier(session: Session): Promise<string> {
  const [row] = await session.query<{ identity: string }>(
    'SELECT system_identifier AS identity FROM pg_control_system()',
  );
  return row?.identity ?? '';
}

/** A bigint key shows as classid (its high half), objid (its low half) and objsubid 1, of every database (manual, section "pg_locks"). */
export async function isVisible(session: Session, key: Buffer): Promise<boolean> {
  const rows = await session.query(
    "SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = $1::bigint::oid AND objid = $2::bigint::oid",
    [String(key.readUInt32BE(0)), String(key.readUInt32BE(4))],
  );
  return rows.length > 0;
}
