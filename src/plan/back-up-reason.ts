import type { Instant } from '../base/instant.ts';
import { latestSnapshotOfId, snapshotOfId, type BackupId } from '../manifest/keys.ts';
import type { Policy } from '../spec/desired.ts';
import { ageOf, isDue } from './due.ts';
import type { History } from './history.ts';
import { changedHolds, holdsOf } from './holds.ts';
import type { BackUpReason } from './plan.ts';

/**
 * Why a database needs a back-up now; undefined where it needs none. The most telling reason wins: nothing there, the last
 * one damaged, another content asked for, too old, wanted now. Ages count from snapshot times; future ones never count.
 * `unreadable` are backups whose manifest is damaged, so that nothing but their ids is known.
 */
export function backUpReason(
  history: History | undefined,
  policy: Policy,
  {
    at,
    now = false,
    unreadable = [],
  }: { readonly at: Instant; readonly now?: boolean; readonly unreadable?: readonly BackupId[] },
): BackUpReason | undefined {
  const newest = history?.newestGood;
  const damaged = history?.damaged[0];
  // A good one that was committed later settles it, also where the damaged one is dated some minutes ahead.
  const isSettled = newest !== undefined && damaged !== undefined && newest.sequence > damaged.sequence;
  if (damaged !== undefined && !isSettled && (newest === undefined || damaged.snapshotAt > newest.snapshotAt))
    return { kind: 'damaged', backup: damaged.id };
  const lost = unreadable.toSorted().at(-1);
  if (
    lost !== undefined &&
    snapshotOfId(lost) <= at &&
    (newest === undefined || latestSnapshotOfId(lost) > newest.snapshotAt)
  )
    return { kind: 'damaged', backup: lost };
  if (newest === undefined) return { kind: 'never' };
  const fields = changedHolds(newest.holds, holdsOf(policy));
  if (fields.length > 0) return { kind: 'holds-changed', fields };
  const age = ageOf(newest.snapshotAt, at);
  if (isDue(newest.snapshotAt, policy.every, at)) return { kind: 'due', age, every: policy.every };
  return now ? { kind: 'asked', age } : undefined;
}
