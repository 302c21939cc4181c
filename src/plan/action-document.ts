import { formatAddress } from '../base/address.ts';
import type { Place } from '../base/diagnostic.ts';
import { instant, isoTime } from '../base/instant.ts';
import type { Action, BackUpReason, DrillDue, Plan, Verify } from './plan.ts';
import type { Action as ActionDocument, Place as PlaceDocument, Reason, State } from './plan-document.gen.ts';
import { backupsOf } from './plan-id.ts';
import { preconditionsOf } from './preconditions.ts';

/** `present` gives the number of backups that the action's database has now. */
export function actionDocument(action: Action, plan: Plan, present: (action: Action) => number): ActionDocument {
  const estimate = action.estimate;
  return {
    id: action.id,
    kind: action.kind,
    repository: action.repository,
    address: action.kind === 'sweep' ? (action.expired ?? null) : action.address,
    reason: reasonOfAction(action),
    irreversible: action.irreversible,
    dependsOn: action.kind === 'expire' ? [...action.dependsOn] : [],
    backups: [...backupsOf(action)],
    ...statesOf(action, plan, present(action)),
    preconditions: [...preconditionsOf(action, plan)],
    source: placeDocument(action.place),
    estimate:
      estimate === undefined
        ? null
        : {
            bytes: estimate.bytes ?? null,
            seconds: estimate.ms === undefined ? null : Math.round(estimate.ms) / 1_000,
            basis: estimate.basis,
          },
  };
}

export function placeDocument(place: Place | undefined): PlaceDocument | null {
  return place === undefined ? null : { file: place.file, line: place.line, column: place.column };
}

/** How many backups the database of an action has now; one pass over the plan for all actions. */
export function presentBackups({ retention }: Plan): (action: Action) => number {
  const counts = new Map(
    retention.map(({ address, repository, keep, remove }) => [
      `${repository} ${formatAddress(address)}`,
      keep.length + remove.length,
    ]),
  );
  return (action) =>
    action.kind === 'sweep' ? 0 : (counts.get(`${action.repository} ${formatAddress(action.address)}`) ?? 0);
}

export function reasonOf(because: BackUpReason | DrillDue['because'] | Verify['because']): Reason {
  switch (because.kind) {
    case 'never':
      return { kind: 'never', ...('every' in because ? { everyMs: because.every } : {}) };
    case 'due':
      return { kind: 'due', ageMs: because.age, everyMs: because.every };
    case 'holds-changed':
      return { kind: 'holds-changed', fields: [...because.fields] };
    case 'damaged':
      return { kind: 'damaged', backup: because.backup };
    case 'asked':
      return { kind: 'asked', ageMs: because.age };
    case 'failed':
      return { kind: 'failed', at: isoTime(because.at) };
    default:
      return because satisfies never;
  }
}

function reasonOfAction(action: Action): Reason {
  if (action.kind === 'expire') return { kind: 'outside-retention' };
  if (action.kind === 'sweep')
    return { kind: action.expired === undefined ? 'unfinished' : 'expired', ageMs: action.age };
  return reasonOf(action.because);
}

function statesOf(action: Action, { at }: Plan, present: number): { before: State; after: State } {
  switch (action.kind) {
    case 'back-up':
      return {
        before: { backups: present, newest: action.newest ?? null },
        after: { backups: present + 1, newest: null },
      };
    case 'verify': {
      const verifiedAt = action.because.kind === 'due' ? isoTime(instant(at - action.because.age)) : null;
      return { before: { verifiedAt }, after: { verifiedAt: isoTime(at) } };
    }
    case 'expire':
      return { before: { backups: present }, after: { backups: present - action.backups.length } };
    case 'sweep':
      return { before: {}, after: {} };
    default:
      return action satisfies never;
  }
}
