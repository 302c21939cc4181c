import type { Instant } from '../base/instant.ts';
import type { Desired, Policy } from '../spec/desired.ts';
import { ageOf, isDue } from './due.ts';
import type { History } from './history.ts';
import { lastDrillOf } from './objectives.ts';
import type { Observed } from './observed.ts';
import type { DrillDue } from './plan.ts';
import { isAskedFor, resolveDatabases } from './resolve-databases.ts';
import { historyIn, knownDatabases, storesOf } from './stores.ts';

export interface DrillAsk {
  /** Globs over `server/database`. */
  readonly only?: readonly string[];
}

/**
 * The drills that `drill.every` asks for now, of each database's newest good backup, in the order of the spec. Needs the
 * repositories only: servers may be `not-asked`.
 */
export function planDrill(desired: Desired, observed: Observed, ask: DrillAsk = {}): readonly DrillDue[] {
  const stores = storesOf(desired, observed);
  return resolveDatabases(desired, observed, knownDatabases(stores)).databases.flatMap(({ address, entry }) => {
    if (!isAskedFor(address, ask.only)) return [];
    const due = drillDue(entry.policy, historyIn(stores.get(entry.policy.repository), address), observed.at);
    return due === undefined ? [] : [{ address, policy: entry.policy, ...due }];
  });
}

/** A failed drill is due again at once: nothing has been shown since. */
export function drillDue(
  { drill: { every } }: Policy,
  history: History | undefined,
  at: Instant,
): Pick<DrillDue, 'backup' | 'because'> | undefined {
  const newest = history?.newestGood;
  if (every === undefined || newest === undefined) return undefined;
  const last = lastDrillOf(history);
  if (last === undefined) return { backup: newest.id, because: { kind: 'never' } };
  if (!last.passed) return { backup: newest.id, because: { kind: 'failed', at: last.at } };
  if (!isDue(last.at, every, at)) return undefined;
  return { backup: newest.id, because: { kind: 'due', age: ageOf(last.at, at), every } };
}
