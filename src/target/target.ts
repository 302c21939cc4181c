import type { Connection } from '../base/connection.ts';

/** What the leased server must be like. */
export interface LeaseRequest {
  /** Of the source, as `Engine.series` gives it: `15`, `9.7`, `11.8`. */
  readonly series: string;
  /** A new server is initialised with it (`source.bootstrapRole`). */
  readonly bootstrapRole: string;
  /** Bytes that the data will need, with room for indexes and WAL; a target with less free space refuses. */
  readonly bytesNeeded: number;
  /** Server settings that the restored database depends on. */
  readonly settings: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * A server to restore onto, ours until it is disposed. Disposing always tears down what the lease made: a created server as
 * a whole; of a declared one nothing, since a target knows no SQL. Who restored onto a declared server removes it again.
 */
export interface TargetLease extends AsyncDisposable {
  readonly connection: Connection;
  readonly maintenanceDatabase: string;
  readonly clients?: string;
  /** `created`: made for this lease, so it is new. `declared`: it was there before. */
  readonly provenance: 'created' | 'declared';
  /**
   * Directory on the server's machine, writable by the server, where tablespaces may be made; undefined where there is none.
   */
  readonly tablespaceRoot?: string;
  /**
   * How strongly it is kept apart, for the evidence: `container`, `namespaces` (own uid, no network), `trusted` (same user).
   */
  readonly isolation: 'container' | 'namespaces' | 'trusted' | 'declared';
  /** One line for people and evidence: `postgres 15.18 from local binaries`, `container postgres:15`. */
  readonly description: string;
  /** What the server lacks although it was asked for (`not preloaded because not installed: timescaledb`), for the evidence. */
  readonly notes: readonly string[];
}

/**
 * A place where a clean server can be had. test/conformance/target.ts checks every implementation. Throws
 * `target/unavailable` (with what to install or start), `target/no-space`.
 */
export interface Target {
  readonly name: string;
  readonly kind: 'local' | 'container' | 'server';
  lease(request: LeaseRequest): Promise<TargetLease>;
  /** Removes what earlier runs of this tool left behind when they were killed. Returns what it removed, for the log. */
  sweep(): Promise<readonly string[]>;
}
