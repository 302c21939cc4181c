import type { DrillCheck, DrillDifference, DrillReport } from '../../src/run/drill-report.ts';

const check = (over: Partial<DrillCheck>): DrillCheck => ({
  level: 'L4',
  kind: 'data',
  name: 'public.orders',
  state: 'passed',
  expected: null,
  actual: null,
  detail: null,
  ...over,
});

const difference = (over: Partial<DrillDifference>): DrillDifference => ({
  class: 'strict',
  kind: 'acl',
  name: 'public.orders',
  field: null,
  expected: null,
  actual: null,
  because: null,
  ...over,
});

/** A drill where everything came back. */
export const passedDrill: DrillReport = {
  formatVersion: 1,
  kind: 'holdfast.drill',
  tool: { name: 'holdfast', version: '0.1.0' },
  startedAt: '2026-11-22T02:00:00.000Z',
  finishedAt: '2026-11-22T02:00:58.400Z',
  trigger: { user: 'ci', host: 'runner-7', run: 'https://ci.example.org/runs/42' },
  address: { server: 'wfdb02', database: 'botpress_db' },
  backup: {
    id: '20261121T220000Z-3f9a2c71',
    snapshotAt: '2026-11-21T22:00:00.000Z',
    manifestSha256: 'a'.repeat(64),
    contentsSha256: 'b'.repeat(64),
    engine: 'postgresql',
    sourceVersion: '15.18',
    plainBytes: 134_000_000,
    tables: 12,
    rows: 48_231,
  },
  spec: { file: 'backup.yaml', digest: 'c'.repeat(64) },
  target: {
    name: 'clean-pg',
    kind: 'local',
    description: 'postgres 15.18 from local binaries',
    provenance: 'created',
    isolation: 'namespaces',
    notASource: 'system identifier 7571 differs from 1 source, and its advisory lock is visible on none',
  },
  level: 'L6',
  reached: 'L6',
  verdict: 'passed',
  restoration: { state: 'succeeded', error: null },
  phases: [
    { phase: 'lease', ms: 700 },
    { phase: 'fetch', ms: 2_100 },
    { phase: 'roles', ms: 120 },
    { phase: 'database', ms: 90 },
    { phase: 'data', ms: 35_000 },
    { phase: 'supplement', ms: 30 },
    { phase: 'analyze', ms: 3_660 },
    { phase: 'inventory', ms: 900 },
    { phase: 'compare', ms: 14_000 },
    { phase: 'checks', ms: 40 },
    { phase: 'logins', ms: 60 },
    { phase: 'teardown', ms: 1_700 },
  ],
  rto: { ms: 41_000, objectiveMs: 3_600_000, state: 'met' },
  dataAge: { ms: 14_400_000, objectiveMs: 86_400_000, state: 'met' },
  checks: [
    check({ level: 'L3', kind: 'restore', name: 'every step ended well' }),
    check({ name: 'public.orders' }),
    check({ name: 'public.customers' }),
    check({ level: 'L4', kind: 'structure', name: 'relations, constraints, functions' }),
    check({ level: 'L5', kind: 'access', name: 'roles and grants' }),
    check({ level: 'L6', kind: 'sql', name: 'orders', expected: '>= 1', actual: '48231' }),
    check({ level: 'L6', kind: 'login', name: 'botpress' }),
  ],
  differences: [
    difference({
      class: 'interval',
      kind: 'sequence-state',
      name: 'public.orders_id_seq',
      field: 'last_value',
      expected: '48230',
      actual: '48231',
      because: 'the sequence moved while the dump ran',
    }),
    difference({
      class: 'informational',
      kind: 'extension',
      name: 'pg_trgm',
      field: 'version',
      expected: '"1.5"',
      actual: '"1.6"',
      because: 'an extension comes back in the version that the target installs',
    }),
  ],
  notes: [],
  degradations: [],
  teardown: { state: 'done', detail: 'server stopped, data directory removed' },
};

/** Restored, but a table lost rows and a role lost its login; names are as hostile as PostgreSQL allows. */
export const failedDrill: DrillReport = {
  ...passedDrill,
  address: { server: 'wfdb02', database: 'My "DB" ü\n::error::x' },
  reached: 'L3',
  verdict: 'failed',
  trigger: { user: 'root', host: 'db-admin', run: null },
  rto: { ms: 4_000_000, objectiveMs: 3_600_000, state: 'breached' },
  dataAge: { ms: 14_400_000, objectiveMs: null, state: 'none' },
  checks: [
    check({ level: 'L3', kind: 'restore', name: 'every step ended well' }),
    check({
      name: 'public.orders',
      state: 'failed',
      expected: '48231 rows',
      actual: '48230 rows',
      detail: 'content digest differs',
    }),
    check({ name: 'public."new\nline; DROP ROLE app_ro; --"', state: 'failed', expected: '1 rows', actual: '0 rows' }),
    check({
      level: 'L5',
      kind: 'access',
      name: 'role app_\u001b[31mro',
      state: 'failed',
      expected: 'login',
      actual: 'no login',
    }),
    check({
      level: 'L6',
      kind: 'login',
      name: 'botpress',
      state: 'not-checked',
      detail: 'the server does not ask for passwords',
    }),
  ],
  differences: [
    difference({ field: 'grants', expected: '["app_ro=r/botpress"]', actual: '[]' }),
    difference({
      kind: 'role',
      name: '<!-- @everyone --> `x` | ]]> \u202egnp',
      field: 'login',
      expected: 'true',
      actual: 'false',
    }),
    difference({
      class: 'recomputed',
      kind: 'rows',
      name: 'public.order_totals',
      expected: '10',
      actual: '11',
      because: 'rows of a materialised view are computed anew',
    }),
  ],
  notes: ['tablespace fast was mapped to the default'],
  degradations: [
    { code: 'passwords-unreadable', subject: 'server', detail: 'the login may not read password verifiers' },
  ],
};

/** A backup that does not come back at all: no check could run. */
export const unrestorableDrill: DrillReport = {
  ...passedDrill,
  verdict: 'failed',
  reached: null,
  restoration: {
    state: 'failed',
    error: { code: 'restore/failed', message: 'pg_restore failed in step data at table public.orders' },
  },
  phases: passedDrill.phases.slice(0, 4),
  rto: { ms: null, objectiveMs: 3_600_000, state: 'unknown' },
  checks: [
    check({
      level: 'L3',
      kind: 'restore',
      name: 'every step ended well',
      state: 'failed',
      expected: 'restored',
      actual: 'failed',
    }),
  ],
  differences: [],
};

/** Claims to have passed, and checked nothing. */
export const emptyDrill: DrillReport = {
  ...passedDrill,
  checks: [check({ state: 'not-checked', detail: 'excluded' })],
  differences: [],
};
