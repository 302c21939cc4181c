import type { Engine } from '../engine.ts';
import { compareServers } from './same-server.ts';
import { openSession } from './session.ts';

/** The contract is `Engine.findSource`. */
export const findSource: Engine['findSource'] = async (target, { sources, signal }) => {
  if (sources.length === 0) return { same: undefined, silent: [] };
  await using session = await openSession(target, target.maintenanceDatabase, { signal });
  const { same, silent } = await compareServers(session, sources, { target: target.name, signal });
  return {
    same: same === undefined ? undefined : `${same.source}: ${same.because}`,
    silent: silent.map(({ source }) => source),
  };
};
