import { duration } from '../base/duration.ts';
import type { Instant } from '../base/instant.ts';
import type { Desired } from '../spec/desired.ts';
import type { Sweep } from './plan.ts';
import type { Store } from './stores.ts';

/** Longer than any capture may reasonably pause, so that a clock that is somewhat wrong cannot hit a running one. */
const grace = duration(24 * 3_600_000);

/**
 * Removal of what was begun and never committed: not live, unchanged for the grace, and no manifest names it. Where a
 * manifest is unreadable its backup may still be saved by hand, so its objects stay. No approval is needed: a backup that
 * was never committed never existed.
 */
export function planSweeps({ name, repository, histories }: Store, desired: Desired, at: Instant): readonly Sweep[] {
  if (repository?.state !== 'ready') return [];
  const spared = new Set<string>([...histories.values()].flatMap(({ all }) => all.map(({ id }) => id)));
  for (const { key } of repository.invalidManifests) {
    const id = /([^/]+)\.json$/.exec(key)?.[1];
    if (id === undefined) return [];
    spared.add(id);
  }
  return repository.unfinished
    .filter(({ id, live, modifiedAt }) => !live && at - modifiedAt >= grace && !spared.has(id))
    .map(({ id, modifiedAt }) => ({
      kind: 'sweep',
      id: `sweep:${id}`,
      repository: name,
      backup: id,
      age: duration(at - modifiedAt),
      estimate: undefined,
      place: desired.repositories.get(name)?.place,
      irreversible: false,
    }));
}
