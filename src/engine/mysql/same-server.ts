import { randomBytes } from 'node:crypto';
import { messageOf, OperationError } from '../../base/operation-error.ts';
import type { ServerAccess } from '../server-access.ts';
import type { Flavour } from './flavour.ts';
import { openSession, type Session } from './session.ts';

export interface Comparison {
  /** The source that the target is, and how that shows; undefined where it is none of those that answered. */
  readonly same: { readonly source: string; readonly because: string } | undefined;
  /** Sources that could not be asked, and why. */
  readonly silent: readonly { readonly source: string; readonly error: OperationError }[];
}

/**
 * Two independent signs that two addresses are one server: what the server says it is (copies of a data directory say the
 * same), and a random named lock (manual, "Locking Functions") taken on one that is seen on the other, in both directions.
 * Nodes of one cluster count as one server: what is written to one is written to all. Asks all sources at once, for ten
 * seconds at most. `session` is on the target. Throws `target/is-source` where the target hides its own locks (a proxy).
 */
export async function compareServers(
  session: Session,
  sources: readonly ServerAccess[],
  { target, flavour, signal }: { readonly target: string; readonly flavour: Flavour; readonly signal: AbortSignal },
): Promise<Comparison> {
  const own = await signsOf(session, flavour);
  const lock = randomName();
  await session.query('SELECT GET_LOCK(?, 0)', [lock]);
  if (!(await isHeld(session, lock))) {
    throw new OperationError(
      'target/is-source',
      `${target} does not show a lock that was just taken on it, so it cannot be told from a source`,
      { hint: 'Connect to the server itself and not through a proxy.' },
    );
  }
  const answers = await Promise.all(sources.map((source) => ask(source, { session, own, lock, flavour, signal })));
  await session.query('SELECT RELEASE_LOCK(?)', [lock]);
  return {
    same: answers.map(({ same }) => same).find((same) => same !== undefined),
    silent: answers.flatMap(({ silent }) => silent ?? []),
  };
}

interface Answer {
  readonly same?: { readonly source: string; readonly because: string };
  readonly silent?: { readonly source: string; readonly error: OperationError };
}

interface Question {
  /** On the target. */
  readonly session: Session;
  readonly own: Signs;
  /** Held on the target. */
  readonly lock: string;
  readonly flavour: Flavour;
  readonly signal: AbortSignal;
}

async function ask(source: ServerAccess, { session, own, lock, flavour, signal }: Question): Promise<Answer> {
  const { name } = source;
  try {
    await using there = await openSession(source, flavour, { signal, connectTimeoutMs: 10_000 });
    const back = randomName();
    await there.query('SELECT GET_LOCK(?, 0)', [back]);
    if ((await isHeld(there, lock)) || (await isHeld(session, back)))
      return { same: { source: name, because: 'a lock taken on one is seen on the other' } };
    const signs = await signsOf(there, flavour);
    if (signs.identity === own.identity)
      return { same: { source: name, because: 'both say they are the same server' } };
    if (own.cluster !== '' && signs.cluster === own.cluster)
      return { same: { source: name, because: 'both are nodes of one cluster' } };
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

interface Signs {
  readonly identity: string;
  /** Of the cluster that the server is a node of; empty where it is none. */
  readonly cluster: string;
}

async function signsOf(session: Session, flavour: Flavour): Promise<Signs> {
  const rows = await session.query<{ Value: string | null }>(`SHOW GLOBAL ${flavour.clusterVariable}`);
  return { identity: await serverIdentity(session, flavour), cluster: rows[0]?.Value ?? '' };
}

export async function serverIdentity(session: Session, flavour: Flavour): Promise<string> {
  const [row] = await session.query<{ identity: string }>(flavour.identitySql);
  return row?.identity ?? '';
}

const randomName = (): string => `holdfast ${randomBytes(12).toString('hex')}`;

async function isHeld(session: Session, lock: string): Promise<boolean> {
  const [row] = await session.query<{ holder: string | null }>('SELECT IS_USED_LOCK(?) AS holder', [lock]);
  return typeof row?.holder === 'string';
}
