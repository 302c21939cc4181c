import { OperationError } from '../../base/operation-error.ts';
import { mintCleanServer, type CleanServer } from '../clean-server.ts';
import type { CleanProofOptions } from '../engine.ts';
import type { ServerAccess } from '../server-access.ts';
import type { Flavour } from './flavour.ts';
import { compareServers, serverIdentity } from './same-server.ts';
import { serverContent } from './server-content.ts';
import { openSession, type Session } from './session.ts';

/**
 * The contract is `Engine.proveClean`. The session that looks stays open with what it returns and holds the lock that keeps
 * other drills away.
 */
export const proveClean =
  (flavour: Flavour) =>
  async (target: ServerAccess, options: CleanProofOptions): Promise<CleanServer> => {
    const { signal, sourceIdentity } = options;
    signal.throwIfAborted();
    const session = await openSession(target, flavour);
    try {
      const comparison = await compareServers(session, options.sources, { target: target.name, flavour, signal });
      if (comparison.same !== undefined)
        throw isSource(`${target.name} is the declared source ${comparison.same.source}: ${comparison.same.because}`);
      if (sourceIdentity !== undefined && (await serverIdentity(session, flavour)) === sourceIdentity)
        throw isSource(
          `${target.name} is the server that the backup was taken from: both say they are the same server`,
        );
      const [silent] = comparison.silent;
      if (silent !== undefined && options.silentSources !== 'allowed') throw silent.error;
      await holdServer(target, session);
      if (options.mustBeEmpty) await refuseContent(target, session, flavour);
      signal.throwIfAborted();
      return mintCleanServer(target, {
        silent: comparison.silent.map(({ source }) => source),
        release: async () => session[Symbol.asyncDispose](),
      });
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  };

const isSource = (summary: string): OperationError =>
  new OperationError('target/is-source', summary, { hint: 'Name another server as the target.' });

/** Held until the session ends, also by a kill. Named locks count for the whole server. */
const drillLock = 'holdfast drill';

async function holdServer(target: ServerAccess, session: Session): Promise<void> {
  const [row] = await session.query<{ held: string | null }>('SELECT GET_LOCK(?, 0) AS held', [drillLock]);
  if (row?.held === '1') return;
  throw new OperationError('target/in-use', `another drill is running on ${target.name}`, {
    hint: 'Wait for it to end, or use another target.',
    transient: true,
  });
}

async function refuseContent(target: ServerAccess, session: Session, flavour: Flavour): Promise<void> {
  const content = await serverContent(session, flavour);
  if (content.length === 0) return;
  throw new OperationError('target/not-empty', `${target.name} is not empty: ${content.join(', ')}`, {
    hint: 'Use a new server, or remove what is on it.',
  });
}
