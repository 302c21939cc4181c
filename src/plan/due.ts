import { duration, type Duration } from '../base/duration.ts';
import type { Instant } from '../base/instant.ts';

const fiveMinutes = 300_000;

/**
 * How old something may get before it is due. Less than `every` by max(5 min, 10 %), or a nightly cron job whose previous
 * run took its snapshot some seconds later than this one would skip every other night. Never less than half of `every`.
 */
export function dueAfter(every: Duration): Duration {
  return duration(every - Math.min(Math.max(fiveMinutes, every / 10), every / 2));
}

export function isDue(since: Instant, every: Duration, at: Instant): boolean {
  return at - since >= dueAfter(every);
}

/** Time from `since` to `at`; never negative (the two may come from clocks that differ by a little). */
export function ageOf(since: Instant, at: Instant): Duration {
  return duration(Math.max(0, at - since));
}

/**
 * Whether a snapshot time lies in the future. The source's clock and ours are never quite equal: up to five minutes are
 * taken as now, or a backup that was just taken would not count and be taken again.
 */
export function isFuture(snapshotAt: Instant, at: Instant): boolean {
  return snapshotAt - at > fiveMinutes;
}
