import { describe, expect, it } from 'vitest';
import { OperationError } from '../../src/base/operation-error.ts';
import { exitCodeOf, exitCodeOfApply, exitCodeOfPlan, exitCodeOfRestores, worst } from '../../src/cli/exit-code.ts';
import { refuseUnmatched } from '../../src/cli/refuse-unmatched.ts';
import type { BackupId } from '../../src/manifest/keys.ts';
import type { Duration } from '../../src/base/duration.ts';
import { planBackup } from '../../src/plan/plan-backup.ts';
import type { Sweep } from '../../src/plan/plan.ts';
import type { Outcome } from '../../src/run/events.ts';
import { database, desired, observed, server, unreachable } from '../support/observed.ts';

const action: Sweep = {
  kind: 'sweep',
  expired: undefined,
  id: 'sweep:1',
  repository: 'primary',
  estimate: undefined,
  place: undefined,
  irreversible: true,
  backup: '20261122T000000Z-00000000' as BackupId,
  age: 1 as Duration,
};
const done: Outcome = { state: 'done', action, ms: 1, backup: undefined, storedBytes: undefined, detail: '' };
const withheld: Outcome = { state: 'not-run', action, because: 'not approved' };
const failed = (code: ConstructorParameters<typeof OperationError>[0]): Outcome => ({
  state: 'failed',
  action,
  ms: 1,
  error: new OperationError(code, 'failed'),
});

describe('the exit code of a plan', () => {
  const world = { servers: [server(['app'], { name: 'up' }), unreachable('down')] };
  const spec = desired([database('app', { server: 'up' }), database('web', { server: 'down' })]);
  const planned = (only?: readonly string[]) => planBackup(spec, observed(world), only === undefined ? {} : { only });

  it.each<[string, readonly string[] | undefined, number]>([
    ['of everything, with a server that does not answer', undefined, 24],
    ['of what is on that server', ['down/*'], 24],
    ['of what is elsewhere', ['up/app'], 2],
  ])('%s', (_, only, code) => {
    expect(exitCodeOfPlan(planned(only), true)).toBe(code);
  });

  it('is of no use for an address that matches nothing, unless it may be on a server that did not answer', () => {
    expect(() => refuseUnmatched(planned(['up/typo']))).not.toThrow();
    expect(exitCodeOfPlan(planned(['up/typo']), true)).toBe(24);
    const seen = planBackup(
      spec,
      observed({ servers: [server(['app'], { name: 'up' }), server(['web'], { name: 'down' })] }),
      {
        only: ['up/app', 'up/typo'],
      },
    );
    expect(() => refuseUnmatched(seen)).toThrow('up/typo matches no database of the spec');
  });
});

describe('the exit code of an apply', () => {
  it.each<[string, readonly Outcome[], boolean, number]>([
    ['nothing to do', [], true, 0],
    ['everything done', [done, done], true, 0],
    ['expiry withheld is no failure', [done, withheld], true, 0],
    ['everything failed', [failed('dump/failed'), failed('dump/truncated')], true, 1],
    ['the one lease is held', [failed('repository/lease-held')], true, 23],
    ['some failed', [done, failed('dump/failed')], true, 24],
    ['everything done, but not everything was seen', [done], false, 24],
    ['nothing done and not everything was seen', [], false, 24],
    ['a damaged backup outranks a partial failure', [done, failed('dump/failed'), failed('backup/damaged')], true, 26],
    ['a bug outranks all', [done, failed('backup/damaged'), failed('internal/bug')], true, 70],
  ])('%s', (_, outcomes, complete, code) => {
    expect(exitCodeOfApply(outcomes, complete)).toBe(code);
  });
});

describe('the exit code of restores', () => {
  const address = { server: 's', database: 'd' };
  const backup = action.backup;
  const restored = { state: 'restored', address, backup, database: 'd', ms: 1, notes: [] } as const;
  const refused = {
    state: 'failed',
    address,
    backup,
    error: new OperationError('target/is-source', 'is the source'),
  } as const;
  const broken = { state: 'failed', address, backup, error: new OperationError('restore/failed', 'failed') } as const;

  it('is 24 where all came back and a repository could not be read', () =>
    expect(
      exitCodeOfRestores(
        [restored],
        [{ name: 'offsite', location: '/mnt', error: new OperationError('repository/unreachable', 'x') }],
      ),
    ).toBe(24));
  it('is 25 where the only one was refused by a guard', () => expect(exitCodeOfRestores([refused])).toBe(25));
  it('is 24 where one of two failed', () => expect(exitCodeOfRestores([restored, broken])).toBe(24));
  it('is 1 where all failed', () => expect(exitCodeOfRestores([broken, broken])).toBe(1));
  it('is 0 where all came back', () => expect(exitCodeOfRestores([restored])).toBe(0));
});

describe('exit codes of single failures', () => {
  it.each([
    ['spec/syntax', 20],
    ['secret/missing', 20],
    ['plan/stale', 21],
    ['approval/missing', 22],
    ['target/not-empty', 25],
    ['proof/difference', 26],
    ['repository/unreachable', 1],
  ] as const)('%s is %i', (code, exit) => {
    expect(exitCodeOf(code)).toBe(exit);
  });

  it('ranks a signal above a failed proof and below a bug', () => {
    expect(worst([26, 130, 1])).toBe(130);
    expect(worst([130, 70])).toBe(70);
  });
});
