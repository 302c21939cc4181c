import { formatAddress, type Address } from '../base/address.ts';
import { instant, type Instant } from '../base/instant.ts';
import type { BackupId } from '../manifest/keys.ts';
import type { Retention } from '../spec/desired.ts';
import { historyOf, type History } from './history.ts';
import type { BackupSummary } from './observed.ts';
import type { KeepReason, RemoveReason, RetentionDecision } from './plan.ts';
import { slotsKept, type Slot } from './retention-slots.ts';

export interface RetentionRequest {
  readonly address: Address;
  readonly repository: string;
  readonly backups: readonly BackupSummary[];
  /** The same, where it was sorted before. */
  readonly history?: History;
  /** Undefined: the spec no longer names the database. */
  readonly policy: Retention | undefined;
  readonly at: Instant;
  /** A back-up that this plan takes first. It takes its places among the kept, or the next plan would find work again. */
  readonly backUpPlanned?: boolean;
  /** A verification that this plan does first, counted as passed (it is a precondition of the removal). */
  readonly verifyPlanned?: BackupId;
  /** A reason from outside for removing nothing (the database is gone, its back-up is blocked). */
  readonly freeze?: string;
}

/**
 * What to keep and what to remove of one database's backups, each with its reasons. Every backup is in exactly one list.
 *
 * Floors: the last committed, the last verified and the last drilled backup and `minimum` good ones stay, whatever the
 * rules say. Damaged backups count for no rule. No rule looks at the time now: the clock stops when backups stop. A
 * policy without any rule keeps everything.
 */
export function decideRetention(request: RetentionRequest): RetentionDecision {
  const history = request.history ?? historyOf(request.backups, request.at);
  const keep = new Map<BackupId, KeepReason[]>();
  const keepBecause = (backup: BackupId | undefined, because: KeepReason): void => {
    if (backup !== undefined) {
      const reasons = keep.get(backup);
      if (reasons === undefined) keep.set(backup, [because]);
      else reasons.push(because);
    }
  };
  if (request.policy === undefined || !hasRule(request.policy)) {
    const because = { kind: request.policy === undefined ? 'unmanaged' : 'no-policy' } as const;
    for (const { id } of history.all) keepBecause(id, because);
    return result(request, history, keep);
  }
  const slots: Slot[] = history.good.map(({ id, snapshotAt }) => ({ id, snapshotAt }));
  if (request.backUpPlanned === true)
    slots.unshift({ id: undefined, snapshotAt: instant(Math.max(request.at, slots[0]?.snapshotAt ?? 0)) });
  for (const { id, because } of slotsKept(slots, request.policy)) keepBecause(id, because);
  for (const { id } of history.future) keepBecause(id, { kind: 'future' });
  for (const [id, kind] of floorsOf(history, request.verifyPlanned))
    if (kind !== 'last-committed' || request.backUpPlanned !== true) keepBecause(id, { kind });
  keepMinimum(slots, request.policy.minimum, keep);
  for (const { id, snapshotAt } of history.damaged) {
    const newerGood = slots.filter((slot) => slot.snapshotAt > snapshotAt).length;
    if (newerGood < Math.max(1, request.policy.minimum)) keepBecause(id, { kind: 'unproven' });
  }
  return result(request, history, keep);
}

/** Whether any rule asks for something to be kept; `minimum` alone is a floor and no rule. */
function hasRule({ last, hourly, daily, weekly, monthly, yearly, within }: Retention): boolean {
  return last + hourly + daily + weekly + monthly + yearly > 0 || within !== undefined;
}

type Floor = 'last-committed' | 'last-verified' | 'last-drilled';

/**
 * What no rule and no run removes. `verifyPlanned` counts as verified.
 */
export function floorsOf(
  { all, good, future }: History,
  verifyPlanned?: BackupId,
): readonly (readonly [BackupId, Floor])[] {
  const committed = all.find((backup) => !future.includes(backup));
  const verified = good.find(({ id, verified: fact }) => id === verifyPlanned || fact?.passed === true);
  const drilled =
    good.find(({ drilled: fact }) => fact?.passed === true) ?? good.find(({ drilled: fact }) => fact !== undefined);
  const floors = [
    [committed?.id, 'last-committed'],
    [verified?.id, 'last-verified'],
    [drilled?.id, 'last-drilled'],
  ] as const;
  return floors.flatMap(([id, floor]) => (id === undefined ? [] : [[id, floor] as const]));
}

function keepMinimum(slots: readonly Slot[], minimum: number, keep: Map<BackupId, KeepReason[]>): void {
  let kept = slots.filter(({ id }) => id === undefined || keep.has(id)).length;
  for (const { id } of slots) {
    if (kept >= minimum) return;
    if (id === undefined || keep.has(id)) continue;
    keep.set(id, [{ kind: 'minimum' }]);
    kept += 1;
  }
}

function result(
  request: RetentionRequest,
  history: History,
  kept: ReadonlyMap<BackupId, readonly KeepReason[]>,
): RetentionDecision {
  const damaged = new Set(history.damaged.map(({ id }) => id));
  const keep: RetentionDecision['keep'][number][] = [];
  const remove: RetentionDecision['remove'][number][] = [];
  for (const { id } of history.all) {
    const because = kept.get(id);
    if (because !== undefined) keep.push({ backup: id, because });
    else
      remove.push({
        backup: id,
        because: { kind: damaged.has(id) ? 'damaged-and-replaced' : 'outside-retention' } satisfies RemoveReason,
      });
  }
  const frozen =
    remove.length === 0 ? undefined : (request.freeze ?? tooMany(remove.length, request.policy) ?? collapseOf(history));
  return { address: request.address, repository: request.repository, keep, remove, frozen };
}

function tooMany(count: number, policy: Retention | undefined): string | undefined {
  if (policy === undefined || count <= policy.maxRemovals) return undefined;
  return `${count} removals are more than the cap of ${policy.maxRemovals}`;
}

/** What to do about a collapse: the second backup of the new size is the operator's "yes, it is smaller now". */
export const afterCollapse = (address: Address): string =>
  `Look at the database. If it did lose its data, restore from a backup before that. If it is meant to be so small, the next backup of this size lifts the freeze: \`backup apply --now --only '${formatAddress(address)}'\`.`;

/**
 * Why nothing may be removed where the newest backup is suddenly tiny: that may be a truncated source, and the older ones are
 * then worth more than their space. Undefined where it is not.
 */
export function collapseOf({ good: [newest, previous] }: History): string | undefined {
  if (newest === undefined || previous === undefined || previous.plainBytes < 1_000_000) return undefined;
  return newest.plainBytes < previous.plainBytes / 20
    ? 'the newest backup is less than a twentieth of the one before it'
    : undefined;
}
