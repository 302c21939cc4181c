import type { Instant } from '../base/instant.ts';
import { isFuture } from './due.ts';
import type { BackupSummary } from './observed.ts';

/** The committed backups of one address in one repository. Every list is newest first. */
export interface History {
  readonly all: readonly BackupSummary[];
  /**
   * Those that count: neither dated in the future nor damaged. Every backup reached L2 before its commit, so "unverified"
   * can only mean one whose newest verification failed.
   */
  readonly good: readonly BackupSummary[];
  readonly damaged: readonly BackupSummary[];
  readonly future: readonly BackupSummary[];
  readonly newestGood: BackupSummary | undefined;
}

export function historyOf(backups: readonly BackupSummary[], at: Instant): History {
  const all = backups.toSorted(newestFirst);
  const future = all.filter((backup) => isFuture(backup.snapshotAt, at));
  const past = future.length === 0 ? all : all.filter((backup) => !isFuture(backup.snapshotAt, at));
  const damaged = past.filter(isDamaged);
  const good = damaged.length === 0 ? past : past.filter((backup) => !isDamaged(backup));
  return { all, good, damaged, future, newestGood: good[0] };
}

/**
 * A failed verification is a finding about the stored bytes, and so is that there are none. A failed drill is not: its target may
 * have been at fault.
 */
export function isDamaged(backup: BackupSummary): boolean {
  return backup.dataGone === true || backup.verified?.passed === false;
}

function newestFirst(a: BackupSummary, b: BackupSummary): number {
  return b.snapshotAt - a.snapshotAt || b.sequence - a.sequence || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}
