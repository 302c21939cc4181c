import type { Connection } from '../../base/connection.ts';
import { OperationError } from '../../base/operation-error.ts';
import type { Target } from '../target.ts';

export interface ServerDeclaration {
  readonly name: string;
  readonly maintenanceDatabase: string;
  /** Whether a drill may use it. */
  readonly disposable: boolean;
}

/**
 * A declared server that drills may use. Leasing it touches nothing: that it is empty and none of the sources is proven by
 * the engine, and who restored onto it removes what came; disposing and `sweep` do nothing. Space on another machine cannot
 * be seen from here either. Throws `target/not-disposable`.
 */
export function serverTarget(declared: ServerDeclaration, connection: Connection): Target {
  const { name, maintenanceDatabase, disposable } = declared;
  return {
    name,
    kind: 'server',
    lease: async (request) => {
      request.signal.throwIfAborted();
      if (!disposable) {
        throw new OperationError('target/not-disposable', `target ${name} is not declared disposable`, {
          hint: 'A drill empties its target. Declare disposable: true only for a server whose content nobody needs.',
        });
      }
      return {
        connection,
        maintenanceDatabase,
        provenance: 'declared',
        isolation: 'declared',
        description: `declared server ${name}`,
        notes: [],
        [Symbol.asyncDispose]: async () => undefined,
      };
    },
    sweep: async () => [],
  };
}
