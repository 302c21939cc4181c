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

/** Where a backup stands among those of its database; a damaged manifest does not give its number. */
type Placed = Pick<BackupSummary, 'id' | 'snapshotAt'> & Partial<Pick<BackupSummary, 'sequence'>>;

export function historyOf(backups: readonly BackupSummary[], at: Instant): History {
  const all = backups.toSorted(newestFirst);
  const future = all.filter((backup) => isFuture(backup.snapshotAt, at));
  const past = future.length === 0 ? all : all.filter((backup) => !isFuture(backup.snapshotAt, at));
  const damaged = past.filter(isDamaged);
  const good = damaged.length === 0 ? past : past.filter((backup) => !isDamaged(backup));
  return { all, good, damaged, future, newestGood: good[0] };
}

/**
 * A failed verification is a finding about the stored bytes, and so is that there are none. A failed drill is not: its target
 * may have been at fault.
 */
export function isDamaged(backup: BackupSummary): boolean {
  return backup.dataGone === true || backup.verified?.passed === false;
}

/** The newest of a database's backups that no wrong clock put there. */
export function newestOf<T extends Placed>(backups: readonly T[], at: Instant): T | undefined {
  return backups.toSorted(newestFirst).find((backup) => !isMisdated(backup, backups, at));
}

/**
 * Dated in the future, and committed before one of the others that is not: the clock of its source was wrong, and it is not the
 * newest. A date alone says nothing, for here it may be our own clock that is behind.
 */
function isMisdated(backup: Placed, others: readonly Placed[], at: Instant): boolean {
  const { sequence, snapshotAt } = backup;
  return (
    sequence !== undefined &&
    isFuture(snapshotAt, at) &&
    others.some((other) => (other.sequence ?? 0) > sequence && !isFuture(other.snapshotAt, at))
  );
}

/** The order of a database's backups; the time alone does not tell two of a fast machine apart. */
export function newestFirst(a: Placed, b: Placed): number {
  return (
    b.snapshotAt - a.snapshotAt || (b.sequence ?? 0) - (a.sequence ?? 0) || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)
  );
}
