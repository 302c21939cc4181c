import type { Engine } from '../engine.ts';
import type { Flavour } from './flavour.ts';
import { compareServers } from './same-server.ts';
import { openSession } from './session.ts';

/** The contract is `Engine.findSource`. */
export const findSource =
  (flavour: Flavour): Engine['findSource'] =>
  async (target, { sources, signal }) => {
    if (sources.length === 0) return { same: undefined, silent: [] };
    await using session = await openSession(target, flavour, { signal });
    const { same, silent } = await compareServers(session, sources, { target: target.name, flavour, signal });
    return {
      same: same === undefined ? undefined : `${same.source}: ${same.because}`,
      silent: silent.map(({ source }) => source),
    };
  };
