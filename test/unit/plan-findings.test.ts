import { describe, expect, test } from 'vitest';
import { accessDiff } from '../../src/plan/access-diff.ts';
import type { BackupSummary, ObservedDatabase } from '../../src/plan/observed.ts';
import { planBackup } from '../../src/plan/plan-backup.ts';
import { planDrill } from '../../src/plan/plan-drill.ts';
import { databasesToObserve } from '../../src/plan/resolve-databases.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Policy } from '../../src/spec/desired.ts';
import {
  ago,
  backup,
  database,
  days,
  desired,
  hours,
  noRetention,
  observed,
  observedDatabase,
  policy,
  repository,
  server,
} from '../support/observed.ts';

function planOf(
  backups: readonly BackupSummary[],
  change: Partial<Policy>,
  found: Partial<ObservedDatabase> = {},
): Plan {
  return planBackup(
    desired([database('app', { policy: policy(change) })]),
    observed({ repositories: [repository(backups)], servers: [server([observedDatabase('app', found)])] }),
  );
}

const drill = (age: number, passed = true, restoreMs: number | undefined = 41_000) => ({
  at: ago(hours(age)),
  passed,
  level: passed ? ('L5' as const) : undefined,
  restoreMs,
});

describe('objectives', () => {
  test.each([
    ['met', [backup('app', hours(1))], { every: hours(6) }, { state: 'met', after: 'met' }],
    [
      'at risk, since backups are too rare',
      [backup('app', hours(1))],
      { every: hours(24) },
      { state: 'at-risk', after: 'at-risk' },
    ],
    [
      'breached, and met after the back-up',
      [backup('app', hours(30))],
      { every: hours(6) },
      { state: 'breached', after: 'met' },
    ],
    ['breached where there is nothing', [], { every: hours(6) }, { age: undefined, state: 'breached', after: 'met' }],
    [
      'breached where all that is new is damaged',
      [
        backup('app', hours(1), { verified: { at: ago(0 as never), level: 'L2', passed: false } }),
        backup('app', hours(30)),
      ],
      { every: hours(6) },
      { age: hours(30), state: 'breached' },
    ],
  ] as const)('rpo %s', (_, backups, change, rpo) => {
    const plan = planOf(backups, { ...change, objectives: { rpo: hours(24) } });
    expect(plan.objectives).toMatchObject([{ rpo }]);
    expect(plan.findings.some(({ code }) => code === 'objective/rpo-breached')).toBe(rpo.state === 'breached');
    expect(plan.findings.some(({ code }) => code === 'objective/rpo-at-risk')).toBe(rpo.state === 'at-risk');
  });

  test.each([
    ['unproven without a drill', undefined, 'unproven'],
    ['unproven where the only drill failed', drill(3, false), 'unproven'],
    ['met', drill(3), 'met'],
    ['breached', drill(3, true, 7_200_000), 'breached'],
  ] as const)('rto %s', (_, drilled, state) => {
    const plan = planOf([backup('app', hours(1), { drilled })], { objectives: { rto: hours(1) } });
    expect(plan.objectives).toMatchObject([{ rto: { state } }]);
    expect(plan.findings.map(({ code }) => code).filter((code) => code.startsWith('objective/'))).toEqual(
      state === 'met' ? [] : [`objective/rto-${state}`],
    );
  });
});

describe('drills', () => {
  const weekly = { drill: { every: days(7), level: 'L5', checks: [], logins: [] } } as const;
  test.each([
    ['never drilled', undefined, { kind: 'never' }, 'drill/never'],
    ['drilled lately', drill(24), undefined, undefined],
    ['due, a little before its time', drill(24 * 6.4), { kind: 'due' }, undefined],
    ['overdue', drill(24 * 8), { kind: 'due' }, 'drill/overdue'],
    ['failed', drill(24, false), { kind: 'failed' }, 'drill/failed'],
  ] as const)('%s', (_, drilled, because, code) => {
    const backups = [backup('app', hours(1)), backup('app', hours(9), { drilled })];
    const plan = planOf(backups, weekly);
    expect(plan.actions).toEqual([]);
    expect(plan.drillsDue).toMatchObject(because === undefined ? [] : [{ because, backup: backups[0]?.id }]);
    expect(plan.findings.filter((finding) => finding.code.startsWith('drill/')).map((finding) => finding.code)).toEqual(
      code === undefined ? [] : [code],
    );
    const spec = desired([database('app', { policy: policy(weekly) })]);
    expect(
      planDrill(
        spec,
        observed({ repositories: [repository(backups)], servers: [{ name: 'srv', state: 'not-asked' }] }),
      ),
    ).toEqual(plan.drillsDue);
  });

  test('are not due where nothing good can be drilled, nor where the address was not asked for', () => {
    const spec = desired([database('app', { policy: policy(weekly) })]);
    expect(planDrill(spec, observed())).toEqual([]);
    expect(
      planDrill(spec, observed({ repositories: [repository([backup('app', hours(1))])] }), { only: ['srv/web'] }),
    ).toEqual([]);
  });
});

describe('access drift', () => {
  const newest = backup('app', hours(1), { passwords: { keyId: 'k', digest: 'a' } });
  const access = (fingerprint: string, text: string, digest: string | null, keyId = 'k') => ({
    fingerprint: fingerprint.repeat(64),
    text,
    passwords: digest === null ? null : { keyId, digest },
  });
  const backedUpAccess = { backup: newest.id, text: 'role a\n' };
  test.each([
    ['none', { access: access('f', 'role a\n', 'a'), backedUpAccess }, undefined, ''],
    [
      'a new role',
      { access: access('e', 'role a\nrole b\n', 'a'), backedUpAccess },
      'unchanged',
      '@@ -1,1 +1,2 @@\n role a\n+role b',
    ],
    ['only a password', { access: access('f', 'role a\n', 'b') }, 'changed', ''],
    ['a password under another key cannot be told', { access: access('f', 'role a\n', 'b', 'other') }, undefined, ''],
    [
      'no key',
      { access: access('e', 'role b\n', null), backedUpAccess },
      'unknown',
      '@@ -1,1 +1,1 @@\n-role a\n+role b',
    ],
    ['the text of then cannot be read', { access: access('e', 'role b\n', 'a') }, 'unchanged', ''],
  ] as const)('%s', (_, found, passwords, diff) => {
    const { drift, actions } = planOf([newest], {}, found);
    expect(actions).toEqual([]);
    expect(drift.map((item) => item.passwords)).toEqual(passwords === undefined ? [] : [passwords]);
    expect(drift.map(accessDiff).join('')).toBe(diff);
  });

  test('is not told where the spec now asks for other roles than the backup holds', () => {
    const found = { access: access('e', 'everything', 'b'), backedUpAccess };
    expect(
      planOf([newest], { roles: { scope: 'all', include: [], exclude: [], passwords: 'hashes' } }, found).drift,
    ).toEqual([]);
  });

  test('a diff of very many lines still names each of them', () => {
    const lines = (prefix: string) => Array.from({ length: 4_000 }, (_, index) => `${prefix} ${index}`).join('\n');
    const diff = accessDiff({
      address: { server: 's', database: 'd' },
      since: ago(hours(1)),
      before: lines('old'),
      after: lines('new'),
      passwords: 'unknown',
    });
    expect(diff.split('\n')).toHaveLength(8_000);
  });
});

describe('findings', () => {
  test('what a backup would lack is said ahead of time; what the spec leaves out is no warning', () => {
    const degradations = [
      { code: 'user-mapping-hidden', subject: 'a', detail: 'options of user mapping a' },
      { code: 'user-mapping-hidden', subject: 'b', detail: 'options of user mapping b' },
      { code: 'passwords-omitted', subject: 'app', detail: 'passwords are left out' },
    ] as const;
    const { findings } = planOf([backup('app', hours(1))], {}, { preflight: { degradations, refused: [] } });
    expect(findings.filter(({ code }) => code.startsWith('capture/'))).toMatchObject([
      {
        severity: 'warning',
        code: 'capture/degraded',
        summary: 'a backup would lack (user-mapping-hidden): a: options of user mapping a, and 1 more of the kind: b',
      },
      { severity: 'info', code: 'capture/degraded' },
    ]);
  });

  test('each excluded table that something still needs is a warning of its own', () => {
    const degradations = ['audit', 'log'].flatMap((subject) => [
      { code: 'table-excluded', subject, detail: 'the policy leaves this table out' } as const,
      { code: 'object-not-restorable', subject, detail: `a restore fails: view of_${subject} needs it` } as const,
    ]);
    const { findings } = planOf([backup('app', hours(1))], {}, { preflight: { degradations, refused: [] } });
    expect(findings.filter(({ code }) => code === 'capture/degraded')).toMatchObject([
      { severity: 'warning', summary: expect.stringContaining('audit: a restore fails: view of_audit needs it') },
      { severity: 'warning', summary: expect.stringContaining('log: a restore fails: view of_log needs it') },
      { severity: 'info', summary: expect.stringContaining('(table-excluded): audit: ') },
    ]);
  });

  test('errors come first, and an untouched maintenance database is nobody’s', () => {
    const world = observed({ servers: [server([observedDatabase('postgres', { bytes: 7_500_000 }), 'stray'])] });
    const { findings } = planBackup(desired([database('app')]), world);
    expect(findings.map(({ code }) => code)).toEqual(['database/missing', 'database/unmanaged']);
    expect(findings[1]?.summary).toBe('1 database is not in the spec: stray');
  });

  test('without a digest key it is said once that password changes cannot be told', () => {
    const { digestKey: _, ...spec } = desired([database('app'), database('web')]);
    const { findings } = planBackup(spec, observed({ servers: [server(['app', 'web'])] }));
    expect(findings.filter(({ code }) => code === 'access/passwords-unknown')).toHaveLength(1);
  });
});

test('a close look is asked for at the databases that are there and asked for, with what their backup shall hold', () => {
  const spec = desired([database('app'), database('web'), database('gone')]);
  const asked = databasesToObserve(spec, observed({ servers: [server(['app', 'web', 'stray'])] }), [
    'srv/a*',
    'srv/gone',
  ]);
  expect([...(asked.get('srv')?.keys() ?? [])]).toEqual(['app']);
  expect(asked.get('srv')?.get('app')?.holds).toMatchObject({ roles: 'referenced', passwords: 'hashes' });
});

describe('a backup that is suddenly tiny', () => {
  const after = (...sizes: readonly number[]) =>
    planOf(
      sizes.map((plainBytes, age) => backup('app', days(age), { plainBytes })),
      { retention: { ...noRetention, last: 1 } },
    );
  const told = ({ findings }: Plan) =>
    findings.filter(({ code }) => code === 'backup/collapsed' || code === 'retention/frozen');

  test('is told with the next step, beside the freeze', () => {
    const plan = after(1_000, 134_000_000, 134_000_000);
    expect(plan.actions).toEqual([]);
    expect(told(plan)).toMatchObject([
      {
        severity: 'warning',
        code: 'backup/collapsed',
        summary: 'the newest backup is less than a twentieth of the one before it: 1.0 kB after 134 MB',
        help: expect.stringContaining("`backup apply --now --only 'srv/app'`") as string,
      },
      { code: 'retention/frozen' },
    ]);
  });

  test('is told also where nothing would expire', () => {
    expect(told(after(1_000, 134_000_000))).toMatchObject([{ code: 'backup/collapsed' }, { code: 'retention/frozen' }]);
    const none = planOf([backup('app', 0 as never, { plainBytes: 1_000 }), backup('app', days(1))], {});
    expect(told(none)).toMatchObject([{ code: 'backup/collapsed' }]);
  });

  test('is no longer told once the next one is as small', () => {
    expect(told(after(1_000, 1_100, 134_000_000))).toEqual([]);
  });
});
