import { instant, type Instant } from '../../src/base/instant.ts';
import { backupId } from '../../src/manifest/keys.ts';
import { holdsOf } from '../../src/plan/holds.ts';
import type { BackupSummary, Observed } from '../../src/plan/observed.ts';
import type { Action } from '../../src/plan/plan.ts';
import { backup, hours } from './observed.ts';

/** What would be observed at `at`, had every action succeeded just then. */
export function succeed(world: Observed, actions: readonly Action[], at: Instant): Observed {
  const repositories = world.repositories.map((repository) => {
    if (repository.state !== 'ready') return repository;
    let { backups, expired, unfinished } = repository;
    for (const action of actions.filter((one) => one.repository === repository.name)) {
      if (action.kind === 'back-up') backups = [...backups, taken(action, at)];
      if (action.kind === 'verify')
        backups = backups.map((one) =>
          one.id === action.backup ? { ...one, verified: { at, level: 'L2', passed: true } } : one,
        );
      if (action.kind === 'expire') {
        const gone = backups.filter(({ id }) => action.backups.includes(id));
        backups = backups.filter((backup) => !gone.includes(backup));
        expired = [...expired, ...gone.map((backup) => ({ id: backup.id, address: backup.address, at, backup }))];
      }
      if (action.kind === 'sweep') {
        unfinished = unfinished.filter(({ id }) => id !== action.backup);
        expired = expired.filter(({ id }) => id !== action.backup);
      }
    }
    return { ...repository, backups, expired, unfinished };
  });
  return { ...world, at, repositories };
}

function taken({ address, policy }: Action & { kind: 'back-up' }, at: Instant): BackupSummary {
  const id = backupId(at, Buffer.from([0xff, 0xff, 0xff, 0xfe]));
  return {
    ...backup(address.database, hours(0)),
    address,
    id,
    snapshotAt: at,
    committedAt: instant(at + 1),
    sequence: 1_000,
    holds: holdsOf(policy),
  };
}
