import type { Connection } from '../base/connection.ts';

/** A reachable server with its secrets resolved. */
export interface ServerAccess {
  /** The server's or target's name in the spec. */
  readonly name: string;
  readonly connection: Connection;
  /** Database to connect to for what concerns the whole server. */
  readonly maintenanceDatabase: string;
  /** Folder with the client programs; the usual places where absent. */
  readonly clients?: string;
}
