import type { Json } from '../base/json.ts';
import type { Action, Plan } from './plan.ts';
import { digestOf, preconditionsOf, type Precondition } from './preconditions.ts';

/** What a plan is at heart: the same until the spec or an action changes, whatever the time. */
export interface PlanEssence {
  readonly specDigest: string;
  readonly complete: boolean;
  readonly actions: readonly {
    readonly id: string;
    readonly kind: string;
    readonly backups: readonly string[];
    readonly preconditions: readonly Precondition[];
  }[];
}

/** sha256, hex, over everything in the plan that does not move with time (ages and estimates do). */
export function planId(plan: Plan): string {
  return essenceId({
    specDigest: plan.spec.digest,
    complete: plan.complete,
    actions: plan.actions.map((action) => ({
      id: action.id,
      kind: action.kind,
      backups: backupsOf(action),
      preconditions: preconditionsOf(action, plan),
    })),
  });
}

/** The same from a document: one that was edited by hand has another. */
export function essenceId({ specDigest, complete, actions }: PlanEssence): string {
  const essential: Json = actions.map(({ id, kind, backups, preconditions }) => ({
    id,
    kind,
    backups: [...backups],
    preconditions: preconditions.map(({ field, digest }) => ({ field, digest })),
  }));
  return digestOf({ specDigest, complete, actions: essential });
}

/** Backups that an action reads or removes. */
export function backupsOf(action: Action): readonly string[] {
  if (action.kind === 'expire') return action.backups;
  return action.kind === 'back-up' ? [] : [action.backup];
}
