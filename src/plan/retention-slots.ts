import { duration } from '../base/duration.ts';
import type { Instant } from '../base/instant.ts';
import type { BackupId } from '../manifest/keys.ts';
import type { Retention } from '../spec/desired.ts';
import type { KeepReason } from './plan.ts';

/** A good backup, or (without an id) the one that this plan takes. */
export interface Slot {
  readonly id: BackupId | undefined;
  readonly snapshotAt: Instant;
}

const hour = 3_600_000;
const day = 24 * hour;

/** The bucket of a time, as a number. All UTC, so that no zone or daylight saving moves a backup from one to another. */
const buckets = {
  hourly: (at: number) => Math.floor(at / hour),
  daily: (at: number) => Math.floor(at / day),
  /** Weeks from Monday, as in ISO 8601; 1970-01-01 was a Thursday. */
  weekly: (at: number) => Math.floor((at / day + 3) / 7),
  monthly: (at: number) => new Date(at).getUTCFullYear() * 12 + new Date(at).getUTCMonth(),
  yearly: (at: number) => new Date(at).getUTCFullYear(),
} as const;

/**
 * What the rules keep: the newest slot of each of the newest `n` buckets that have one (empty buckets do not count, so
 * nothing ages out while no new backup comes), and everything within a span before the newest slot.
 */
export function* slotsKept(
  newestFirst: readonly Slot[],
  policy: Retention,
): Generator<{ id: BackupId | undefined; because: KeepReason }> {
  for (const [index, { id }] of newestFirst.slice(0, policy.last).entries())
    yield { id, because: { kind: 'last', nth: index + 1, of: policy.last } };
  for (const kind of ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const) {
    const of = policy[kind];
    let previous: number | undefined;
    let nth = 0;
    if (of === 0) continue;
    for (const { id, snapshotAt } of newestFirst) {
      const bucket = buckets[kind](snapshotAt);
      if (bucket === previous) continue;
      if (nth === of) break;
      previous = bucket;
      nth += 1;
      yield { id, because: { kind, nth, of } };
    }
  }
  const newest = newestFirst[0];
  if (policy.within === undefined || newest === undefined) return;
  for (const { id, snapshotAt } of newestFirst) {
    if (newest.snapshotAt - snapshotAt > policy.within) return;
    yield { id, because: { kind: 'within', span: duration(policy.within) } };
  }
}
