import type { CaptureBracket } from '../engine/engine.ts';
import { InternalError } from '../base/operation-error.ts';
import { holdsOf } from '../plan/holds.ts';
import type { BackUp } from '../plan/plan.ts';
import type { Desired } from '../spec/desired.ts';
import { timeLimit } from './time-limit.ts';
import { accessTo, readDigestKey, type Tools } from './tools.ts';

/** The open capture brackets of a run: one per server, shared by its databases, opened when first needed. */
export interface ServerBrackets extends AsyncDisposable {
  of(action: BackUp): Promise<CaptureBracket>;
  /** Takes an action out of a bracket that can no longer be trusted: its next one is a new one, for it alone. */
  leave(action: BackUp): void;
}

/** `planned`: every back-up of this run. */
export function serverBrackets(desired: Desired, planned: readonly BackUp[], tools: Tools): ServerBrackets {
  const shared = new Map<string, Promise<CaptureBracket>>();
  const own = new Map<BackUp, Promise<CaptureBracket> | undefined>();
  const left: Promise<CaptureBracket>[] = [];
  const open = async (actions: readonly BackUp[], name: string): Promise<CaptureBracket> => {
    const server = desired.servers.get(name);
    if (server === undefined) throw new InternalError(`server ${name} is not in the spec`);
    const digestKey = await readDigestKey(desired, tools.secrets);
    const longest = actions.map(({ policy }) => policy.dump.timeout).reduce((a, b) => (a > b ? a : b));
    using limit = timeLimit(longest, `opening the capture of ${name}`, tools.signal);
    return await tools.engine(server.engine).openBracket(await accessTo(server, tools.secrets), {
      planned: actions.map(({ address, policy }) => ({ address, holds: holdsOf(policy), dump: policy.dump })),
      lockInstance: server.lockInstance,
      digestKey,
      signal: limit.signal,
    });
  };
  const sharedBy = (name: string): Promise<CaptureBracket> => {
    const actions = planned.filter(({ address }) => address.server === name);
    const bracket = shared.get(name) ?? open(actions, name);
    shared.set(name, bracket);
    return bracket;
  };
  return {
    of(action) {
      const { server } = action.address;
      if (!own.has(action)) return sharedBy(server);
      const bracket = own.get(action) ?? open([action], server);
      own.set(action, bracket);
      return bracket;
    },
    leave(action) {
      const bracket = own.get(action);
      own.set(action, undefined);
      // What is shared may still serve other databases: everything is closed together, at the end.
      if (bracket !== undefined) left.push(bracket);
    },
    async [Symbol.asyncDispose]() {
      const every = [...shared.values(), ...own.values(), ...left].filter((bracket) => bracket !== undefined);
      for (const bracket of await Promise.allSettled(every))
        if (bracket.status === 'fulfilled') await bracket.value[Symbol.asyncDispose]();
    },
  };
}
