import type { CaptureBracket } from '../engine/engine.ts';
import { InternalError } from '../base/operation-error.ts';
import type { Desired } from '../spec/desired.ts';
import { accessTo, readDigestKey, type Tools } from './tools.ts';

/** The open capture brackets of a run: one per server, shared by its databases, opened when first needed. */
export interface ServerBrackets extends AsyncDisposable {
  of(server: string): Promise<CaptureBracket>;
  /** Forgets a bracket whose connection can no longer be trusted, so that the next `of` opens a new one. */
  drop(server: string): void;
}

export function serverBrackets(desired: Desired, tools: Tools): ServerBrackets {
  const open = new Map<string, Promise<CaptureBracket>>();
  const retired: Promise<CaptureBracket>[] = [];
  const openOne = async (name: string): Promise<CaptureBracket> => {
    const server = desired.servers.get(name);
    if (server === undefined) throw new InternalError(`server ${name} is not in the spec`);
    const digestKey = await readDigestKey(desired, tools.secrets);
    return tools
      .engine(server.engine)
      .openBracket(await accessTo(server, tools.secrets), { digestKey, signal: tools.signal });
  };
  return {
    of(server) {
      const bracket = open.get(server) ?? openOne(server);
      open.set(server, bracket);
      return bracket;
    },
    drop(server) {
      const bracket = open.get(server);
      open.delete(server);
      // Other databases of the server may still be working in it: it is closed with the rest, at the end.
      if (bracket !== undefined) retired.push(bracket);
    },
    async [Symbol.asyncDispose]() {
      for (const bracket of await Promise.allSettled([...open.values(), ...retired]))
        if (bracket.status === 'fulfilled') await bracket.value[Symbol.asyncDispose]();
    },
  };
}
