import { describe, expect, test } from 'vitest';
import { duration } from '../../src/base/duration.ts';
import { OperationError } from '../../src/base/operation-error.ts';
import { parseBackupId } from '../../src/manifest/keys.ts';
import type { BackupId } from '../../src/manifest/keys.ts';
import type { BackUp, Expire, Sweep, Verify } from '../../src/plan/plan.ts';
import { applyJson } from '../../src/render/apply-json.ts';
import { applyText } from '../../src/render/apply-text.ts';
import { paint } from '../../src/render/paint.ts';
import type { Outcome } from '../../src/run/events.ts';
import type { Policy } from '../../src/spec/desired.ts';
import { strictly } from '../support/schema.ts';

const id = (text: string): BackupId => {
  const parsed = parseBackupId(text);
  if (parsed === undefined) throw new Error(`${text} is no backup id`);
  return parsed;
};

const policy: Policy = {
  name: 'gold',
  every: duration(21_600_000),
  objectives: {},
  roles: { scope: 'referenced', include: [], exclude: [], passwords: 'hashes' },
  dump: {
    jobs: 2,
    compression: 'auto',
    timeout: duration(43_200_000),
    lockWait: duration(60_000),
    excludeTables: [],
    excludeTableData: [],
    serverHashes: false,
  },
  repository: 'primary',
  retention: { last: 3, hourly: 0, daily: 14, weekly: 0, monthly: 0, yearly: 0, minimum: 3, maxRemovals: 10 },
  verify: {},
  drill: { level: 'L5', checks: [], logins: [] },
};

const backUp = (database: string): BackUp => ({
  kind: 'back-up',
  id: `back-up:wfdb02/${database}`,
  repository: 'primary',
  estimate: undefined,
  place: undefined,
  irreversible: false,
  address: { server: 'wfdb02', database },
  policy,
  because: { kind: 'never' },
  newest: undefined,
});

const expire: Expire = {
  kind: 'expire',
  id: 'expire:wfdb02/cmdb',
  dependsOn: ['back-up:wfdb02/cmdb'],
  repository: 'primary',
  estimate: undefined,
  place: undefined,
  irreversible: true,
  address: { server: 'wfdb02', database: 'cmdb' },
  backups: [id('20261102T020000Z-00000001'), id('20261109T020000Z-00000002')],
};

const verify: Verify = {
  kind: 'verify',
  id: 'verify:wfdb02/hr',
  repository: 'primary',
  estimate: undefined,
  place: undefined,
  irreversible: false,
  address: { server: 'wfdb02', database: 'hr' },
  backup: id('20261120T020000Z-00000003'),
  because: { kind: 'never', every: duration(86_400_000) },
};

const sweep: Sweep = {
  kind: 'sweep',
  expired: undefined,
  id: 'sweep:20261101T020000Z-00000004',
  repository: 'primary',
  estimate: undefined,
  place: undefined,
  irreversible: true,
  backup: id('20261101T020000Z-00000004'),
  age: duration(86_400_000),
};

const partial: readonly Outcome[] = [
  {
    state: 'done',
    action: backUp('botpress_db'),
    ms: 41_000,
    backup: id('20261122T020000Z-3f9a2c71'),
    storedBytes: 134_000_000,
    detail: '12 tables, 48,231 rows',
  },
  {
    state: 'failed',
    action: backUp('cm\ndb'),
    ms: 2_300,
    error: new OperationError('source/lock-timeout', 'table public.orders stayed locked for 60s', {
      hint: 'Find the holder in pg_stat_activity, or raise dump.lockWait.',
      transient: true,
    }),
  },
  { state: 'not-run', action: expire, because: 'the backup of this database failed in this run' },
  { state: 'done', action: verify, ms: 900, backup: verify.backup, storedBytes: undefined, detail: '' },
  { state: 'done', action: sweep, ms: 12, backup: undefined, storedBytes: undefined, detail: '3 objects removed' },
];

const allDone: readonly Outcome[] = partial.slice(0, 1);

describe('what apply says at its end', () => {
  test.each([
    ['partial', partial],
    ['all-done', allDone],
    ['nothing', []],
  ])('as text: %s', async (name, outcomes) => {
    await expect(applyText(outcomes, paint(0))).toMatchFileSnapshot(`golden/evidence-apply-${name}.txt`);
  });

  test('asks nobody to run it again for a removal that was not approved', () => {
    const because = 'expiry needs --allow-delete or a saved plan that lists it';
    const text = applyText([...allDone, { state: 'not-run', action: expire, because }], paint(0));
    expect(text).toContain(because);
    expect(text).not.toContain('again');
    expect(text).toContain('backup drill --due');
  });

  test('says --now again where what failed is not due', () => {
    const asked = { ...backUp('cmdb'), because: { kind: 'asked', age: duration(60_000) } } as const;
    const error = new OperationError('dump/failed', 'no space is left where the dump is written');
    const text = applyText([...allDone, { state: 'failed', action: asked, ms: 1, error }], paint(0));
    expect(text).toContain("run `backup apply --now --only 'wfdb02/cmdb'`");
  });

  test('as one JSON document', async () => {
    const text = applyJson(partial, 24);
    expect(JSON.parse(text)).toMatchObject({
      kind: 'holdfast.apply',
      summary: { done: 3, failed: 1, notRun: 1 },
      exit: 24,
    });
    await expect(text).toMatchFileSnapshot('golden/evidence-apply-partial.json');
    const errorsOf = await strictly('apply');
    for (const outcomes of [partial, allDone, []]) expect(errorsOf(JSON.parse(applyJson(outcomes, 0)))).toEqual([]);
    expect(errorsOf({ ...(JSON.parse(text) as object), outcomes: [{ state: 'done' }] })).not.toEqual([]);
  });

  test('the cause of an error stays out of the document', () => {
    const cause = new Error('row (1, canary) violates a constraint');
    const error = new OperationError('dump/failed', 'the dump program failed', { cause });
    const outcome: Outcome = { state: 'failed', action: backUp('x'), ms: 1, error };
    expect(applyJson([outcome], 1) + applyText([outcome], paint(0))).not.toContain('canary');
  });
});
