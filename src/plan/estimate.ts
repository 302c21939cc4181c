import { duration } from '../base/duration.ts';
import type { History } from './history.ts';
import type { BackupSummary, ObservedDatabase } from './observed.ts';
import type { Estimate } from './plan.ts';

/** Size and time of the next back-up, from the newest good one; from the database's size where there is none. */
export function estimateBackUp(
  history: History | undefined,
  database: ObservedDatabase | undefined,
): Estimate | undefined {
  const newest = history?.newestGood;
  if (newest !== undefined) return { bytes: newest.storedBytes, ms: duration(newest.tookMs), basis: 'last-backup' };
  return database === undefined ? undefined : { bytes: database.bytes, ms: undefined, basis: 'database-size' };
}

/** Bytes that a verification reads, or that an expiry frees. */
export function estimateOf(backups: readonly BackupSummary[]): Estimate {
  return { bytes: backups.reduce((sum, { storedBytes }) => sum + storedBytes, 0), ms: undefined, basis: 'last-backup' };
}
