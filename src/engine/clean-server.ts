import type { Brand } from '../base/brand.ts';
import type { ServerAccess } from './server-access.ts';

/** What a run has made or is about to make on a server that was empty: all that it may remove again. Names, unquoted. */
export interface Made {
  readonly databases: Set<string>;
  readonly roles: Set<string>;
  readonly tablespaces: Set<string>;
  /** Settings for all roles. */
  readonly settings: Set<string>;
}

/** Comes with a proven server. Disposing it lets other drills onto the server. */
interface Held extends AsyncDisposable {
  readonly made: Made;
  /** Sources that did not answer. */
  readonly silent: readonly string[];
}

/**
 * A server that was shown to be empty and none of the sources, held against other drills until it is disposed. Only
 * `Engine.proveClean` makes one.
 */
export type CleanServer = Brand<ServerAccess & Held, 'CleanServer'>;

/** A server that may hold other databases: the user named it for a restore. Only run/restore makes one, after its guard. */
export type OpenServer = Brand<ServerAccess, 'OpenServer'>;

export const mintCleanServer = (
  server: ServerAccess,
  { silent, release }: { readonly silent: readonly string[]; readonly release: () => Promise<void> },
): CleanServer =>
  ({
    ...server,
    silent,
    made: { databases: new Set(), roles: new Set(), tablespaces: new Set(), settings: new Set() },
    [Symbol.asyncDispose]: release,
  }) as unknown as CleanServer;
export const mintOpenServer = (server: ServerAccess): OpenServer => server as OpenServer;

/** The record of what is made, on a clean server; undefined on one in use, from which nothing is ever removed. */
export const madeOn = (server: CleanServer | OpenServer): Made | undefined =>
  'made' in server ? server.made : undefined;
