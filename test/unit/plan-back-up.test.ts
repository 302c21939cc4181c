import { describe, expect, test } from 'vitest';
import { instant } from '../../src/base/instant.ts';
import type { LostBackup } from '../../src/plan/observed.ts';
import type { Observed } from '../../src/plan/observed.ts';
import { planBackup, type PlanAsk } from '../../src/plan/plan-backup.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { DesiredDatabase } from '../../src/spec/desired.ts';
import {
  ago,
  backup,
  database,
  days,
  desired,
  hours,
  now,
  observed,
  observedDatabase,
  place,
  policy,
  repository,
  server,
  unreachable,
} from '../support/observed.ts';

const failed = { at: ago(hours(2)), level: 'L1', passed: false } as const;

function planOf(databases: readonly DesiredDatabase[], world: Partial<Observed>, ask: PlanAsk = {}): Plan {
  return planBackup(desired(databases), observed({ servers: [server(['app'])], ...world }), ask);
}

describe('a back-up', () => {
  test.each([
    ['is planned where there never was one', [], { kind: 'never' }],
    [
      'is due from `every` less a tenth on',
      [backup('app', hours(21.6))],
      { kind: 'due', age: hours(21.6), every: hours(24) },
    ],
    ['is not due a millisecond before', [backup('app', hours(21.6 - 1 / 3_600_000))], undefined],
    [
      'is planned where the newest is damaged',
      [backup('app', hours(1), { verified: failed }), backup('app', hours(5))],
      { kind: 'damaged' },
    ],
    [
      'is planned where the data of the newest are gone',
      [backup('app', hours(1), { dataGone: true }), backup('app', hours(5))],
      { kind: 'damaged' },
    ],
    [
      'is not planned where only an older one is damaged',
      [backup('app', hours(1)), backup('app', hours(5), { verified: failed })],
      undefined,
    ],
    ['is planned earlier where it is asked for', [backup('app', hours(2))], { kind: 'asked', age: hours(2) }, 'all'],
    ['that is asked for and due is due', [backup('app', hours(24))], { kind: 'due' }, 'all'],
    ['is not planned where another one is asked for', [backup('app', hours(2))], undefined, new Set(['srv/web'])],
    ['ignores a backup from the future', [backup('app', hours(-2))], { kind: 'never' }],
    ['takes a clock that is slightly ahead as now', [backup('app', hours(-0.05))], undefined],
  ] as const)('%s', (_, backups, because, wanted?: PlanAsk['now']) => {
    const plan = planOf([database('app')], { repositories: [repository(backups)] }, wanted && { now: wanted });
    const found = plan.actions.filter(({ kind }) => kind === 'back-up');
    expect(found).toMatchObject(because === undefined ? [] : [{ id: 'back-up:srv/app', because }]);
  });

  test('is planned where the spec asks for another content, naming the fields; order means nothing', () => {
    const held = backup('app', hours(1), {
      holds: {
        roles: 'referenced',
        passwords: 'hashes',
        include: ['b', 'a'],
        exclude: [],
        excludedTables: [],
        excludedTableData: [],
      },
    });
    const roles = { scope: 'referenced', include: ['a', 'b'], exclude: [], passwords: 'hashes' } as const;
    const same = planOf([database('app', { policy: policy({ roles }) })], { repositories: [repository([held])] });
    expect(same.actions).toEqual([]);
    const changed = planOf(
      [database('app', { policy: policy({ roles: { ...roles, scope: 'all', passwords: 'omit' } }) })],
      { repositories: [repository([held])] },
    );
    expect(changed.actions).toMatchObject([
      { kind: 'back-up', because: { kind: 'holds-changed', fields: ['roles', 'passwords'] } },
    ]);
  });

  test('is estimated from the last one, else from the size of the database', () => {
    const first = planOf([database('app')], {});
    expect(first.actions[0]?.estimate).toEqual({ bytes: 600_000_000, ms: undefined, basis: 'database-size' });
    const next = planOf([database('app')], { repositories: [repository([backup('app', days(2))])] });
    expect(next.actions[0]?.estimate).toEqual({ bytes: 134_000_000, ms: 60_000, basis: 'last-backup' });
  });

  test('is planned where a manifest is damaged that is of the same second as the newest good one, whatever their ids', () => {
    const good = backup('app', hours(1), { snapshotAt: instant(ago(hours(1)) + 700) });
    const second = good.id.slice(0, good.id.indexOf('-'));
    const reasons = ['00000000', 'ffffffff'].map((random) => {
      const invalidManifests = [{ key: `manifests/srv/app/${second}-${random}.json`, detail: 'cut off' }];
      return planOf([database('app')], { repositories: [repository([good], { invalidManifests })] }).actions;
    });
    for (const actions of reasons) expect(actions).toMatchObject([{ kind: 'back-up', because: { kind: 'damaged' } }]);
  });
});

describe('a wanted back-up that cannot be taken is blocked and no action', () => {
  const refused = {
    severity: 'error',
    code: 'capture/refused',
    summary: 'table public.secrets cannot be read',
  } as const;
  test.each([
    ['unreachable server', { servers: [unreachable('srv')] }, 'server/unreachable', false],
    ['missing database', { servers: [server([])] }, 'database/missing', true],
    [
      'no connections allowed',
      { servers: [server([observedDatabase('app', { allowsConnections: false })])] },
      'database/not-connectable',
      true,
    ],
    [
      'refused by the preflight',
      { servers: [server([observedDatabase('app', { preflight: { degradations: [], refused: [refused] } })])] },
      'capture/refused',
      true,
    ],
    [
      'no client',
      {
        servers: [
          server(['app'], {
            client: { ok: false, diagnostic: { severity: 'error', code: 'client/missing', summary: 'no pg_dump 16' } },
          }),
        ],
      },
      'client/missing',
      true,
    ],
    [
      'no repository',
      {
        repositories: [
          {
            name: 'primary',
            location: '/srv',
            state: 'absent',
            diagnostic: { severity: 'error', code: 'repository/not-initialised', summary: 'no repository' },
          },
        ],
      },
      'repository/not-initialised',
      false,
    ],
  ] as const)('%s', (_, world, code, complete) => {
    const plan = planOf([database('app')], world);
    expect(plan.actions).toEqual([]);
    expect(plan.blocked).toMatchObject([{ address: { server: 'srv', database: 'app' }, diagnostic: { code } }]);
    expect(plan.complete).toBe(complete);
    expect(plan.findings.filter((finding) => finding.code === code)).toHaveLength(1);
    expect(plan.unchanged).toEqual([]);
  });

  test('and nothing of that database expires', () => {
    const backups = [1, 2, 3, 4, 5].map((age) => backup('app', days(age)));
    const plan = planOf([database('app')], { repositories: [repository(backups)], servers: [unreachable('srv')] });
    expect(plan.actions).toEqual([]);
    expect(plan.retention).toMatchObject([{ frozen: 'a back-up is due and cannot be taken' }]);
  });
});

describe('which databases', () => {
  const tenants = database('tenants', { select: { kind: 'pattern', match: 'tenant_*', except: ['tenant_test'] } });

  test('a pattern means the databases of the server, a name wins over it, exceptions are no oversight', () => {
    const named = database('tenant_a', { policy: policy({ name: 'own' }), place: place(50) });
    const plan = planOf([tenants, named], { servers: [server(['tenant_a', 'tenant_b', 'tenant_test', 'other'])] });
    expect(plan.actions.map(({ id }) => id)).toEqual(['back-up:srv/tenant_b', 'back-up:srv/tenant_a']);
    expect(plan.actions[1]).toMatchObject({ policy: { name: 'own' } });
    expect(plan.findings.filter(({ code }) => code === 'database/unmanaged').map(({ summary }) => summary)).toEqual([
      '1 database is not in the spec: other',
    ]);
  });

  test('without asking the server, a pattern means the names that the repository knows, and the plan says so', () => {
    const plan = planOf([tenants], {
      repositories: [repository([backup('tenant_a', days(3)), backup('other', days(3))])],
      servers: [{ name: 'srv', state: 'not-asked' }],
    });
    expect(plan.actions.map(({ id }) => id)).toEqual(['back-up:srv/tenant_a']);
    expect(plan).toMatchObject({ complete: false, observed: { notAsked: ['srv'], unreachable: [] } });
  });

  test('a tenant that was dropped is neither backed up nor expired nor blocks anything', () => {
    const backups = [3, 4, 5, 6, 7].map((age) => backup('tenant_gone', days(age)));
    const plan = planOf([tenants], { repositories: [repository(backups)], servers: [server(['tenant_a'])] });
    expect(plan.actions.map(({ id }) => id)).toEqual(['back-up:srv/tenant_a']);
    expect(plan.blocked).toEqual([]);
    expect(plan.findings).toContainEqual(expect.objectContaining({ code: 'database/missing', severity: 'warning' }));
  });

  test('addresses leave the rest out, and one that matches nothing is an error', () => {
    const plan = planOf(
      [database('app'), database('web')],
      { servers: [server(['app', 'web'])] },
      { only: ['srv/w*', 'srv/nope'] },
    );
    expect(plan.actions.map(({ id }) => id)).toEqual(['back-up:srv/web']);
    expect(plan.findings.filter(({ code }) => code === 'usage/no-match')).toMatchObject([
      { summary: 'srv/nope matches no database of the spec' },
    ]);
    expect(plan.retention).toEqual([]);
  });
});

describe('verifications', () => {
  const daily = database('app', { policy: policy({ verify: { every: hours(24) } }) });
  const verified = (age: number) => ({ at: ago(hours(age)), level: 'L2', passed: true }) as const;
  test.each([
    ['never verified and old enough', [backup('app', hours(1)), backup('app', hours(30))], { kind: 'never' }],
    ['never verified, and all of it new', [backup('app', hours(1))], undefined],
    [
      'verified long ago',
      [backup('app', hours(1)), backup('app', hours(60), { verified: verified(30) })],
      { kind: 'due', age: hours(30) },
    ],
    [
      'an older one verified lately',
      [backup('app', hours(1)), backup('app', hours(60), { verified: verified(3) })],
      undefined,
    ],
  ])('%s', (_, backups, because) => {
    const plan = planOf([daily], { repositories: [repository(backups)] });
    const found = plan.actions.filter(({ kind }) => kind === 'verify');
    expect(found).toMatchObject(because === undefined ? [] : [{ because, backup: backups[0]?.id }]);
  });
});

describe('unfinished backups', () => {
  const unfinished = (id: string, age: number, live = false) => ({
    id: `20261101T000000Z-${id}` as never,
    modifiedAt: ago(hours(age)),
    live,
    abandoned: false,
    hasContents: true,
  });
  test('are swept after a day, unless live or named by a manifest, readable or not', () => {
    const committed = backup('app', hours(1));
    const plan = planOf([database('app')], {
      repositories: [
        repository([committed], {
          unfinished: [
            unfinished('00000001', 25),
            unfinished('00000002', 23),
            unfinished('00000003', 99, true),
            unfinished('00000004', 99),
            { id: committed.id, modifiedAt: ago(days(9)), live: false, abandoned: false, hasContents: true },
          ],
          invalidManifests: [{ key: 'manifests/srv/app/20261101T000000Z-00000004.json', detail: 'cut off' }],
        }),
      ],
    });
    expect(plan.actions).toMatchObject([
      { id: 'sweep:20261101T000000Z-00000001', age: hours(25), irreversible: false },
    ]);
    expect(plan.findings).toContainEqual(
      expect.objectContaining({ code: 'repository/manifest-invalid', severity: 'error' }),
    );
  });

  test('are left alone where they are, or may be, what is left of a lost backup', () => {
    const ids = (lost: readonly LostBackup[]) =>
      planOf([database('app')], {
        repositories: [
          repository([backup('app', hours(1))], {
            unfinished: [unfinished('00000001', 99), { ...unfinished('00000002', 99), hasContents: false }],
            lost,
          }),
        ],
      }).actions.map(({ id }) => id.slice(-1));
    const address = { server: 'srv', database: 'app' };
    expect(ids([])).toEqual(['1', '2']);
    expect(ids([{ address, id: '20261101T000000Z-00000001' as never, sequence: 3 }])).toEqual(['2']);
    expect(ids([{ address, id: undefined, sequence: 3 }])).toEqual(['2']);
    expect(ids([{ address, id: '20261101T000000Z-00000002' as never, sequence: 3 }])).toEqual(['1']);
  });

  test('lost backups are told, also of a database that nothing else is known of', () => {
    const address = { server: 'srv', database: 'tenant_a' };
    const world = { repositories: [repository([], { lost: [{ address, id: undefined, sequence: 1 }] })] };
    const tenants = database('tenants', { select: { kind: 'pattern', match: 'tenant_*', except: [] } });
    expect(planOf([tenants], world).findings).toContainEqual(
      expect.objectContaining({ code: 'backup/lost', severity: 'error', subject: 'srv/tenant_a' }),
    );
    expect(planOf([tenants], world, { only: ['srv/other'] }).findings.map(({ code }) => code)).not.toContain(
      'backup/lost',
    );
  });

  test('are left alone where only some databases were asked for', () => {
    const plan = planOf(
      [database('app')],
      { repositories: [repository([], { unfinished: [unfinished('00000001', 99)] })] },
      { only: ['srv/app'] },
    );
    expect(plan.actions.map(({ kind }) => kind)).toEqual(['back-up']);
  });
});

test('the plan of an empty spec is empty', () => {
  const plan = planBackup(desired([]), observed({ servers: [] }));
  expect(plan).toMatchObject({ at: now, actions: [], blocked: [], complete: true, findings: [] });
});
