import { randomBytes } from 'node:crypto';
import { askSources, hidesLocks, sourceTimeoutMs, type Comparison } from '../ask-sources.ts';
import type { ServerAccess } from '../server-access.ts';
import type { Flavour } from './flavour.ts';
import { openSession, type Session } from './session.ts';

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
  if (!(await isHeld(session, lock))) throw hidesLocks(target, 'proxy');
  const because = async (source: ServerAccess): Promise<string | undefined> => {
    await using there = await openSession(source, flavour, { signal, connectTimeoutMs: sourceTimeoutMs });
    const back = randomName();
    await there.query('SELECT GET_LOCK(?, 0)', [back]);
    if ((await isHeld(there, lock)) || (await isHeld(session, back))) return 'a lock taken on one is seen on the other';
    const signs = await signsOf(there, flavour);
    if (signs.identity === own.identity) return 'both say they are the same server';
    return own.cluster !== '' && signs.cluster === own.cluster ? 'both are nodes of one cluster' : undefined;
  };
  const compared = await askSources(sources, because, signal);
  await session.query('SELECT RELEASE_LOCK(?)', [lock]);
  return compared;
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
