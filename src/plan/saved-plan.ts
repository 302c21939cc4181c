import { formatAddress } from '../base/address.ts';
import { OperationError } from '../base/operation-error.ts';
import type { Action, Expire, Plan } from './plan.ts';
import type { Action as SavedAction, PlanDocument } from './plan-document.gen.ts';
import { essenceId } from './plan-id.ts';
import { validate } from './plan-validator.gen.js';
import { preconditionsOf } from './preconditions.ts';

export interface Constrained {
  /** What may be carried out: in the saved plan, still wanted, and resting on the same state. */
  readonly allowed: readonly Action[];
  /** Saved actions whose end is already reached: nothing is left to do. */
  readonly satisfied: readonly SavedAction[];
  /** Ids of saved actions that mean something else by now, with the field that differs. Not empty: exit code 21. */
  readonly stale: readonly { readonly action: string; readonly field: string }[];
  /** What a plan made now would do beyond the saved one. Never carried out; shown. */
  readonly unlisted: readonly Action[];
}

/**
 * A saved plan constrains and does not command: of what is wanted now, only what it lists is allowed, and only while its
 * preconditions hold. An expiry may shrink to the backups that are still to go; it never grows.
 */
export function constrain(saved: PlanDocument, fresh: Plan): Constrained {
  const wanted = new Map(fresh.actions.map((action) => [action.id, action]));
  const listed = new Set(saved.actions.map(({ id }) => id));
  const present = new Set<string>(
    fresh.retention.flatMap(({ keep, remove }) => [...keep, ...remove].map(({ backup }) => backup)),
  );
  const repositories = new Map(fresh.observed.repositories.map((repository) => [repository.name, repository]));
  const allowed: Action[] = [];
  const satisfied: SavedAction[] = [];
  const stale: { action: string; field: string }[] = [];
  for (const action of saved.actions) {
    const now = wanted.get(action.id);
    const differs = now === undefined ? undefined : differingField(action, now, fresh);
    if (differs !== undefined) stale.push({ action: action.id, field: differs });
    else if (now === undefined && repositories.get(action.repository)?.state !== 'ready')
      stale.push({ action: action.id, field: 'repository' });
    else if (now === undefined && isBlocked(action, fresh)) stale.push({ action: action.id, field: 'blocked' });
    else if (now === undefined && isGone(action, fresh)) stale.push({ action: action.id, field: 'address' });
    else if (action.kind !== 'expire' && now === undefined) satisfied.push(action);
    else if (action.kind !== 'expire' && now !== undefined) allowed.push(now);
    else {
      const removable = now?.kind === 'expire' ? now.backups : [];
      const kept = action.backups.filter((id) => present.has(id) && !removable.some((backup) => backup === id));
      const shrunk = now?.kind === 'expire' ? shrink(now, action.backups) : undefined;
      if (kept.length > 0) stale.push({ action: action.id, field: 'backups' });
      else if (shrunk === undefined) satisfied.push(action);
      else if (shrunk.dependsOn.some((id) => !listed.has(id))) stale.push({ action: action.id, field: 'dependsOn' });
      else allowed.push(shrunk);
    }
  }
  return { allowed, satisfied, stale, unlisted: fresh.actions.filter(({ id }) => !listed.has(id)) };
}

/**
 * A saved plan read back. Throws `usage/invalid` where the text is none, and `plan/stale` where its actions are not those
 * that it was saved with: an edited plan was approved by nobody.
 */
export function parseSavedPlan(text: string): PlanDocument {
  const hint = 'Make it again with `backup plan --out FILE`.';
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw new OperationError('usage/invalid', 'this is no saved plan: it is not JSON', { hint, cause });
  }
  if (!isPlanDocument(data)) throw new OperationError('usage/invalid', 'this is no saved plan of format 1', { hint });
  const id = essenceId({ specDigest: data.spec.digest, complete: data.complete, actions: data.actions });
  if (id !== data.planId)
    throw new OperationError('plan/stale', 'the actions of this plan are not those that it was saved with', { hint });
  return data;
}

/** Addresses that a saved plan backs up only because somebody asked for it: planned anew, they are not due either. */
export function askedIn({ actions }: PlanDocument): ReadonlySet<string> {
  return new Set(
    actions.flatMap(({ reason, address }) =>
      reason.kind === 'asked' && address !== null ? formatAddress(address) : [],
    ),
  );
}

function isPlanDocument(data: unknown): data is PlanDocument {
  return (validate as unknown as (value: unknown) => boolean)(data);
}

function differingField(saved: SavedAction, now: Action, fresh: Plan): string | undefined {
  const digests = new Map(preconditionsOf(now, fresh).map(({ field, digest }) => [field, digest]));
  return saved.preconditions.find(({ field, digest }) => digests.get(field) !== digest)?.field;
}

function shrink(now: Expire, backups: readonly string[]): Expire | undefined {
  const both = now.backups.filter((id) => backups.includes(id));
  return both.length === 0 ? undefined : { ...now, backups: both };
}

function isBlocked({ kind, address }: SavedAction, fresh: Plan): boolean {
  return (
    kind === 'back-up' &&
    fresh.blocked.some(
      (blocked) => blocked.address.server === address?.server && blocked.address.database === address.database,
    )
  );
}

/**
 * A backup that was approved and is not wanted because its database is not there any more was not taken: nothing is
 * satisfied.
 */
function isGone({ kind, address }: SavedAction, fresh: Plan): boolean {
  if (kind !== 'back-up' || address === null) return false;
  const name = formatAddress(address);
  const covered = [
    ...fresh.unchanged,
    ...fresh.actions.flatMap((action) => ('address' in action ? action.address : [])),
  ];
  const isMissing = fresh.findings.some(({ code, subject }) => code === 'database/missing' && subject === name);
  return isMissing || !covered.some((known) => formatAddress(known) === name);
}
