import type { ServerAccess } from '../server-access.ts';
import { countTables } from './counts.ts';
import { openSession, type Session } from './session.ts';
import type { DumpableTable } from './tables.ts';

export interface Snapshot {
  readonly name: string;
  /** Of the transaction's beginning, which is just before the snapshot: the data is never older than it says. */
  readonly timeMs: number;
  readonly position: string | null;
}

/** Begins the transaction of a capture and exports its snapshot, for pg_dump and for sessions beside this one. */
export async function openSnapshot(session: Session): Promise<Snapshot> {
  await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const [row] = await session.query<{ name: string; time: string; position: string | null }>(`
    SELECT pg_export_snapshot() AS name, floor(extract(epoch FROM transaction_timestamp()) * 1000)::bigint AS time,
      CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS position`);
  if (row === undefined) throw new TypeError('a query without FROM gave no row');
  return { name: row.name, timeMs: Number(row.time), position: row.position };
}

export interface CountRequest {
  readonly database: string;
  readonly snapshot: string;
  readonly tables: readonly DumpableTable[];
  readonly hashes: boolean;
  readonly lockWaitMs: number;
  readonly signal: AbortSignal;
}

/** One session beside pg_dump's: counting is cheap, and the source has other work. */
export async function countInSnapshot(server: ServerAccess, request: CountRequest): ReturnType<typeof countTables> {
  await using session = await openSession(server, request.database, {
    signal: request.signal,
    lockWaitMs: request.lockWaitMs,
  });
  await session.run(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '${request.snapshot}'`);
  return await countTables([session], request.tables, { hashes: request.hashes });
}
