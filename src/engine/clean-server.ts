import type { Brand } from '../base/brand.ts';
import type { ServerAccess } from './server-access.ts';

/** A server that was shown to be empty and none of the sources. Only `Engine.proveClean` makes one. */
export type CleanServer = Brand<ServerAccess, 'CleanServer'>;

/** A server that may hold other databases: the user named it for a restore. Only run/restore makes one, after its guard. */
export type OpenServer = Brand<ServerAccess, 'OpenServer'>;

export const mintCleanServer = (server: ServerAccess): CleanServer => server as CleanServer;
export const mintOpenServer = (server: ServerAccess): OpenServer => server as OpenServer;
