import { duration } from '../base/duration.ts';
import type { Instant } from '../base/instant.ts';
import { ageOf } from './due.ts';
import type { History } from './history.ts';
import type { DrillFact } from './observed.ts';
import type { ObjectiveState, RpoState } from './plan.ts';
import type { ResolvedDatabase } from './resolve-databases.ts';

export interface ObjectiveInput {
  readonly database: ResolvedDatabase;
  /** Undefined: nothing was ever committed. */
  readonly history: History | undefined;
  /** Whether the repository could be read. */
  readonly readable: boolean;
  /** Whether this plan takes a back-up of the database, or wants one and cannot. */
  readonly backUp: 'planned' | 'blocked' | 'none';
  readonly at: Instant;
}

/** Where a database stands against its objectives, and where it will stand after the plan; undefined where it has none. */
export function objectiveState(input: ObjectiveInput): ObjectiveState | undefined {
  const { rpo, rto } = input.database.entry.policy.objectives;
  if (rpo === undefined && rto === undefined) return undefined;
  const drills = (input.history?.all ?? []).flatMap(({ drilled }) => (drilled === undefined ? [] : [drilled]));
  const lastDrill = newestOf(drills);
  const measured = newestOf(drills.filter(({ passed, restoreMs }) => passed && restoreMs !== undefined));
  const newest = input.history?.newestGood;
  const state = rpoState(input);
  return {
    address: input.database.address,
    rpo: rpo && {
      objective: rpo,
      age: newest && ageOf(newest.snapshotAt, input.at),
      state,
      after: input.backUp !== 'planned' ? state : keepsUp(input) ? 'met' : 'at-risk',
    },
    rto: rto && {
      objective: rto,
      measured: measured?.restoreMs === undefined ? undefined : duration(measured.restoreMs),
      at: measured?.at,
      state: measured?.restoreMs === undefined ? 'unproven' : measured.restoreMs <= rto ? 'met' : 'breached',
    },
    lastDrill,
  };
}

/** The newest drill of any backup; undefined where there was none. */
export function lastDrillOf(history: History | undefined): DrillFact | undefined {
  return newestOf((history?.all ?? []).flatMap(({ drilled }) => (drilled === undefined ? [] : [drilled])));
}

/** At risk: the data will be older than the objective before the next back-up, taken when it is due, is committed. */
function rpoState(input: ObjectiveInput): RpoState {
  const { objectives } = input.database.entry.policy;
  const newest = input.history?.newestGood;
  if (!input.readable) return 'unknown';
  if (objectives.rpo === undefined) return 'met';
  if (newest === undefined) return 'breached';
  const age = ageOf(newest.snapshotAt, input.at);
  if (age > objectives.rpo) return 'breached';
  if (input.backUp === 'none') return keepsUp(input) ? 'met' : 'at-risk';
  return age + newest.tookMs > objectives.rpo ? 'at-risk' : 'met';
}

function keepsUp({ database: { entry }, history }: ObjectiveInput): boolean {
  const { every, objectives } = entry.policy;
  return objectives.rpo === undefined || every + (history?.newestGood?.tookMs ?? 0) <= objectives.rpo;
}

function newestOf(drills: readonly DrillFact[]): DrillFact | undefined {
  return drills.reduce<DrillFact | undefined>(
    (newest, drill) => (newest === undefined || drill.at > newest.at ? drill : newest),
    undefined,
  );
}
