import type { EngineName } from '../base/engine-name.ts';
import { OperationError } from '../base/operation-error.ts';
import type { ServerAccess } from '../engine/server-access.ts';
import { accessTo, type Tools } from '../run/tools.ts';
import type { Desired } from '../spec/desired.ts';

/** The declared servers, which nothing may be restored onto by mistake. */
export interface Sources {
  readonly sources: readonly ServerAccess[];
  /** Those that cannot be asked because their secret is not here. */
  readonly sourcesWithoutAccess: readonly string[];
}

/**
 * Every declared server of one kind (no other could be the target); none without a spec. Throws `secret/missing` where
 * `secrets` are required.
 */
export async function sourcesOf(
  desired: Desired | undefined,
  tools: Tools,
  { engine, secrets }: { readonly engine: EngineName; readonly secrets: 'required' | 'optional' },
): Promise<Sources> {
  const sources: ServerAccess[] = [];
  const sourcesWithoutAccess: string[] = [];
  for (const server of desired?.servers.values() ?? []) {
    if (server.engine !== engine) continue;
    try {
      sources.push(await accessTo(server, tools.secrets));
    } catch (error) {
      if (secrets === 'required' || !(error instanceof OperationError) || error.code !== 'secret/missing') throw error;
      sourcesWithoutAccess.push(server.name);
    }
  }
  return { sources, sourcesWithoutAccess };
}
