import { describe, expect, test } from 'vitest';
import { duration } from '../../src/base/duration.ts';
import { instant } from '../../src/base/instant.ts';
import type { BackupId } from '../../src/manifest/keys.ts';
import type { BackupSummary, Observed } from '../../src/plan/observed.ts';
import { isFuture } from '../../src/plan/due.ts';
import { newestFirst } from '../../src/plan/history.ts';
import { planBackup } from '../../src/plan/plan-backup.ts';
import { planId } from '../../src/plan/plan-id.ts';
import { decideRetention } from '../../src/plan/retention.ts';
import type { Desired, Retention } from '../../src/spec/desired.ts';
import {
  backup,
  database,
  desired,
  hours,
  now,
  observed,
  observedDatabase,
  policy,
  repository,
  server,
} from '../support/observed.ts';
import { succeed } from '../support/succeed.ts';
import { fc } from '../support/properties.ts';

const names = ['app', 'web', 'tenant_a', 'gone', 'stranger'];
const few = fc.integer({ min: 0, max: 4 });

const retentions: fc.Arbitrary<Retention> = fc
  .record({
    last: few,
    hourly: few,
    daily: few,
    weekly: few,
    monthly: few,
    yearly: few,
    within: fc.option(fc.integer({ min: 1, max: 2_000 }), { nil: undefined }),
    minimum: fc.integer({ min: 1, max: 4 }),
    maxRemovals: fc.integer({ min: 1, max: 12 }),
  })
  .map(({ within, ...rules }) => ({ ...rules, ...(within === undefined ? {} : { within: hours(within) }) }));

const verdicts = fc.option(fc.record({ ageHours: fc.integer({ min: 0, max: 900 }), passed: fc.boolean() }), {
  nil: undefined,
  freq: 3,
});

const backups: fc.Arbitrary<BackupSummary> = fc
  .record({
    name: fc.constantFrom(...names),
    age: fc.integer({ min: -40, max: 20_000 }),
    minutes: fc.nat(59),
    verified: verdicts,
    drilled: verdicts,
    plainBytes: fc.constantFrom(1_000, 500_000_000),
  })
  .map(({ name, age, minutes, verified, drilled, plainBytes }) =>
    backup(name, duration(age * 3_600_000 + minutes * 60_000), {
      plainBytes,
      verified: verified && { at: instant(now - verified.ageHours * 3_600_000), level: 'L2', passed: verified.passed },
      drilled: drilled && {
        at: instant(now - drilled.ageHours * 3_600_000),
        passed: drilled.passed,
        level: 'L5',
        restoreMs: 1_000,
      },
    }),
  );

const stores = fc.uniqueArray(backups, { maxLength: 40, selector: ({ id }) => id });

const worlds: fc.Arbitrary<{ spec: Desired; world: Observed }> = fc
  .record({
    store: stores,
    retention: retentions,
    every: fc.integer({ min: 1, max: 200 }),
    verify: fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }),
    present: fc.subarray(names),
    refused: fc.boolean(),
    expired: fc.array(fc.record({ name: fc.constantFrom(...names), age: fc.integer({ min: 0, max: 48 }) }), {
      maxLength: 4,
    }),
    unfinished: fc.array(
      fc.record({ age: fc.integer({ min: 0, max: 100 }), live: fc.boolean(), abandoned: fc.boolean() }),
      { maxLength: 4 },
    ),
  })
  .map(({ store, retention, every, verify, present, refused, expired, unfinished }) => {
    const each = policy({
      every: hours(every),
      retention,
      verify: verify === undefined ? {} : { every: hours(verify) },
    });
    const diagnostic = { severity: 'error', code: 'capture/refused', summary: 'no' } as const;
    return {
      spec: desired([
        database('app', { policy: each }),
        database('web', { policy: each }),
        database('gone', { policy: each }),
        database('tenants', { select: { kind: 'pattern', match: 'tenant_*', except: [] }, policy: each }),
      ]),
      world: observed({
        servers: [
          server(
            present.map((name) =>
              refused && name === 'web'
                ? observedDatabase(name, { preflight: { degradations: [], refused: [diagnostic] } })
                : observedDatabase(name),
            ),
          ),
        ],
        repositories: [
          repository(store, {
            unfinished: unfinished.map(({ age, live, abandoned }, index) => ({
              id: `20261101T000000Z-0000000${index}` as BackupId,
              modifiedAt: instant(now - age * 3_600_000),
              live,
              abandoned,
              hasContents: false,
            })),
            expired: expired.map(({ name, age }, index) => {
              const item = backup(name, hours(5_000 + index));
              return { id: item.id, address: item.address, at: instant(now - age * 3_600_000), backup: item };
            }),
          }),
        ],
      }),
    };
  });

const newestOf = (list: readonly BackupSummary[]) => list.toSorted(newestFirst)[0];
const counts = (item: BackupSummary) => item.verified?.passed !== false && !isFuture(item.snapshotAt, now);

describe('retention', () => {
  test('keeps or removes each backup, with a reason, and the floors hold', () => {
    fc.assert(
      fc.property(stores, retentions, (store, rules) => {
        const mine = store.map((item) => ({ ...item, address: { server: 'srv', database: 'app' } }));
        const { keep, remove } = decideRetention({
          address: { server: 'srv', database: 'app' },
          repository: 'primary',
          backups: mine,
          policy: rules,
          at: now,
        });
        const kept = new Set(keep.map(({ backup: id }) => id));
        const removed = new Set(remove.map(({ backup: id }) => id));
        expect(kept.union(removed)).toEqual(new Set(mine.map(({ id }) => id)));
        expect(kept.intersection(removed).size).toBe(0);
        expect(kept.size + removed.size).toBe(mine.length);
        for (const { because } of keep) expect(because.length).toBeGreaterThan(0);
        const past = mine.filter(({ snapshotAt }) => !isFuture(snapshotAt, now));
        for (const floor of [
          newestOf(past),
          newestOf(mine.filter(counts)),
          newestOf(mine.filter((item) => counts(item) && item.verified?.passed === true)),
          newestOf(mine.filter((item) => counts(item) && item.drilled?.passed === true)),
        ]) {
          expect(floor === undefined || !removed.has(floor.id)).toBe(true);
        }
        const good = mine.filter(counts);
        expect(good.filter(({ id }) => kept.has(id)).length).toBeGreaterThanOrEqual(
          Math.min(rules.minimum, good.length),
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe('plans', () => {
  test('the same input gives the same plan, whatever the order of the listing', () => {
    fc.assert(
      fc.property(worlds, ({ spec, world }) => {
        const [first] = world.repositories;
        const turned =
          first?.state === 'ready'
            ? { ...world, repositories: [{ ...first, backups: first.backups.toReversed() }] }
            : world;
        expect(planBackup(spec, world)).toEqual(planBackup(spec, world));
        expect(planId(planBackup(spec, turned))).toBe(planId(planBackup(spec, world)));
      }),
    );
  });

  test('after a successful apply the next plan is empty', () => {
    fc.assert(
      fc.property(worlds, ({ spec, world }) => {
        const plan = planBackup(spec, world);
        const next = planBackup(spec, succeed(world, plan.actions, now));
        // A back-up may lift a freeze that was there (a collapse that it does not share) or set one; removals then follow on
        // their own.
        const lifted = new Set(
          plan.retention.filter(({ frozen }) => frozen !== undefined).map(({ address }) => address.database),
        );
        // Likewise, the first good back-up lets go what was held back for want of one.
        const heldBack = new Set(plan.inGrace.flatMap((item) => (item.dataGoesAt === undefined ? item.backup : [])));
        expect(
          next.actions.filter(
            (action) =>
              !(action.kind === 'expire' && lifted.has(action.address.database)) &&
              !(action.kind === 'sweep' && heldBack.has(action.backup)),
          ),
        ).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('an expired backup is in its grace or swept, never both, and never where no good one is left', () => {
    fc.assert(
      fc.property(worlds, ({ spec, world }) => {
        const plan = planBackup(spec, world);
        const [first] = world.repositories;
        if (first?.state !== 'ready') return;
        const swept = plan.actions.filter((action) => action.kind === 'sweep' && action.expired !== undefined);
        expect(
          [
            ...plan.inGrace.map(({ backup: id }) => id),
            ...swept.map((action) => (action.kind === 'sweep' ? action.backup : '')),
          ].sort(),
        ).toEqual(first.expired.map(({ id }) => id).sort());
        for (const action of swept) {
          if (action.kind !== 'sweep') continue;
          expect(action.age).toBeGreaterThanOrEqual(hours(24));
          expect(first.backups.some((item) => item.address.database === action.expired?.database && counts(item))).toBe(
            true,
          );
        }
      }),
    );
  });

  test('nothing is removed of what the spec does not name, is gone from its server, or cannot be backed up', () => {
    fc.assert(
      fc.property(worlds, ({ spec, world }) => {
        const plan = planBackup(spec, world);
        const present = new Set(
          world.servers.flatMap((one) => (one.state === 'reachable' ? one.databases.map(({ name }) => name) : [])),
        );
        const blocked = new Set(plan.blocked.map(({ address }) => address.database));
        for (const action of plan.actions) {
          if (action.kind !== 'expire') continue;
          expect(action.address.database).not.toBe('stranger');
          expect(present.has(action.address.database)).toBe(true);
          expect(blocked.has(action.address.database)).toBe(false);
        }
      }),
    );
  });

  test('the last committed, verified and drilled one go only after an action of the same plan that replaces them', () => {
    fc.assert(
      fc.property(worlds, ({ spec, world }) => {
        const [first] = world.repositories;
        const all = first?.state === 'ready' ? first.backups : [];
        for (const action of planBackup(spec, world).actions) {
          if (action.kind !== 'expire') continue;
          const mine = all.filter((item) => item.address.database === action.address.database && counts(item));
          const goes = (item: BackupSummary | undefined) => item !== undefined && action.backups.includes(item.id);
          const depends = (prefix: string) => action.dependsOn.some((id) => id.startsWith(prefix));
          expect(!goes(newestOf(mine)) || depends('back-up:')).toBe(true);
          expect(!goes(newestOf(mine.filter((item) => item.verified?.passed === true))) || depends('verify:')).toBe(
            true,
          );
          expect(goes(newestOf(mine.filter((item) => item.drilled?.passed === true)))).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });
});
