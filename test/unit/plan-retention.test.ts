import { describe, expect, test } from 'vitest';
import { duration } from '../../src/base/duration.ts';
import { instant } from '../../src/base/instant.ts';
import type { BackupSummary } from '../../src/plan/observed.ts';
import { decideRetention, type RetentionRequest } from '../../src/plan/retention.ts';
import type { Retention } from '../../src/spec/desired.ts';
import { ago, backup, days, hours, noRetention, now } from '../support/observed.ts';

const daily = (count: number, first = 0): BackupSummary[] =>
  Array.from({ length: count }, (_, index) => backup('app', days(index + first)));

function decide(backups: readonly BackupSummary[], rules: Partial<Retention>, change: Partial<RetentionRequest> = {}) {
  const policy = { ...noRetention, maxRemovals: 1_000, ...rules };
  const decision = decideRetention({
    address: { server: 'srv', database: 'app' },
    repository: 'primary',
    backups,
    policy,
    at: now,
    ...change,
  });
  const index = new Map(backups.map(({ id }, position) => [id, position]));
  return {
    ...decision,
    kept: decision.keep.map(({ backup: id }) => index.get(id)),
    reasons: new Map(
      decision.keep.map(({ backup: id, because }) => [
        index.get(id),
        because.map((reason) => ('nth' in reason ? `${reason.kind} ${reason.nth}/${reason.of}` : reason.kind)),
      ]),
    ),
  };
}

const at = (text: string) => backup('app', duration(now - Date.parse(text)));

describe('rules', () => {
  test('last keeps the newest ones', () => {
    const { kept, reasons, remove } = decide(daily(5), { last: 2 });
    expect(kept).toEqual([0, 1]);
    expect(reasons.get(1)).toEqual(['last 2/2']);
    expect(remove.map(({ because }) => because.kind)).toEqual([
      'outside-retention',
      'outside-retention',
      'outside-retention',
    ]);
  });

  test('daily keeps the newest of each UTC day, and days without a backup do not count', () => {
    const backups = [
      '2026-11-22T08:00:00Z',
      '2026-11-22T00:00:00Z',
      '2026-11-21T23:59:59Z',
      '2026-11-21T01:00:00Z',
      '2026-11-10T01:00:00Z',
      '2026-11-09T01:00:00Z',
    ].map(at);
    expect(decide(backups, { daily: 3 }).kept).toEqual([0, 2, 4]);
  });

  test('hourly counts hours, weekly weeks from Monday, monthly months and yearly years, all UTC', () => {
    expect(
      decide(['2026-11-22T08:59:00Z', '2026-11-22T08:00:00Z', '2026-11-22T07:59:00Z'].map(at), { hourly: 5 }).kept,
    ).toEqual([0, 2]);
    // 2026-11-16 is a Monday.
    expect(
      decide(['2026-11-22T08:00:00Z', '2026-11-16T00:00:00Z', '2026-11-15T23:00:00Z'].map(at), { weekly: 5 }).kept,
    ).toEqual([0, 2]);
    expect(
      decide(['2026-11-22T08:00:00Z', '2026-11-01T00:00:00Z', '2026-10-31T23:59:00Z'].map(at), { monthly: 5 }).kept,
    ).toEqual([0, 2]);
    expect(
      decide(['2026-11-22T08:00:00Z', '2026-01-01T00:00:00Z', '2025-12-31T23:59:00Z', '2024-02-29T12:00:00Z'].map(at), {
        yearly: 5,
      }).kept,
    ).toEqual([0, 2, 3]);
  });

  test('a reason for each rule that keeps it', () => {
    expect(decide(daily(3), { last: 1, daily: 2, monthly: 1 }).reasons.get(0)).toEqual([
      'last 1/1',
      'daily 1/2',
      'monthly 1/1',
      'last-committed',
    ]);
  });

  test('within counts from the newest backup: the clock stops when backups stop', () => {
    expect(decide(daily(10, 400), { within: days(3) }).kept).toEqual([0, 1, 2, 3]);
  });

  test('a policy without a rule and a database outside the spec keep everything', () => {
    expect(decide(daily(5), {}).reasons.get(4)).toEqual(['no-policy']);
    expect(decide(daily(5), { last: 1 }, { policy: undefined }).reasons.get(4)).toEqual(['unmanaged']);
  });
});

describe('floors', () => {
  const passed = { at: ago(hours(1)), level: 'L2', passed: true } as const;
  const failed = { ...passed, passed: false };
  const drill = { at: ago(hours(1)), passed: true, level: 'L5', restoreMs: 41_000 } as const;

  test('the last verified and the last drilled stay', () => {
    const backups = daily(6).map((item, index) => ({
      ...item,
      verified: index >= 3 ? passed : undefined,
      drilled: index >= 4 ? drill : undefined,
    }));
    const { kept, reasons } = decide(backups, { last: 1 });
    expect(kept).toEqual([0, 3, 4]);
    expect(reasons.get(3)).toEqual(['last-verified']);
    expect(reasons.get(4)).toEqual(['last-drilled']);
  });

  test('a drill that passed outweighs a newer one that failed', () => {
    const backups = daily(4).map((item, index) => ({
      ...item,
      drilled: index === 1 ? { ...drill, passed: false } : index === 3 ? drill : undefined,
    }));
    expect(decide(backups, { last: 1 }).kept).toEqual([0, 3]);
  });

  test('minimum fills up with the newest good ones', () => {
    const { kept, reasons } = decide(daily(6), { yearly: 1, minimum: 3 });
    expect(kept).toEqual([0, 1, 2]);
    expect(reasons.get(2)).toEqual(['minimum']);
  });

  test('a damaged one counts for no rule; it goes once enough good ones are newer', () => {
    const backups = daily(5).map((item, index) => ({
      ...item,
      verified: index === 0 || index === 3 ? failed : undefined,
    }));
    const { kept, reasons, remove } = decide(backups, { last: 2 });
    expect(kept).toEqual([0, 1, 2]);
    expect(reasons.get(0)).toEqual(['last-committed', 'unproven']);
    expect(remove.map(({ because }) => because.kind)).toEqual(['damaged-and-replaced', 'outside-retention']);
    expect(decide(backups, { last: 2, minimum: 3 }).reasons.get(3)).toEqual(['unproven']);
  });

  test('all damaged: nothing goes', () => {
    expect(
      decide(
        daily(5).map((item) => ({ ...item, verified: failed })),
        { last: 1 },
      ).remove,
    ).toEqual([]);
  });

  test('one from the future stays and counts for nothing', () => {
    const { kept, reasons } = decide([backup('app', hours(-48)), ...daily(3)], { last: 1 });
    expect(kept).toEqual([0, 1]);
    expect(reasons.get(0)).toEqual(['future']);
  });
});

describe('frozen', () => {
  test('above the cap', () => {
    expect(decide(daily(6), { last: 1, maxRemovals: 4 }).frozen).toBe('5 removals are more than the cap of 4');
    expect(decide(daily(5), { last: 1, maxRemovals: 4 }).frozen).toBeUndefined();
  });

  test('while the newest backup is suddenly tiny', () => {
    const backups = [backup('app', hours(0), { plainBytes: 1_000 }), ...daily(4, 1)];
    expect(decide(backups, { last: 1 }).frozen).toMatch(/twentieth/);
  });

  test('a reason without anything to remove is none', () => {
    expect(decide(daily(1), { last: 1 }, { freeze: 'gone' }).frozen).toBeUndefined();
  });
});

test('a clock a year ahead or behind removes nothing that it would not remove now', () => {
  const backups = daily(30);
  const rules = { last: 2, daily: 5, within: days(6) };
  const removed = decide(backups, rules).remove;
  expect(decide(backups, rules, { at: instant(now + days(365)) }).remove).toEqual(removed);
  expect(decide(backups, rules, { at: instant(now - days(365)) }).remove).toEqual([]);
});
