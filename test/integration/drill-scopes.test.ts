import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DrillReport } from '../../src/run/drill-report.ts';
import { failedChecks, strictOf } from '../support/drill.ts';
import { nastyDatabase, startNasty } from '../support/nasty.ts';
import type { TestServer } from '../support/postgresql.ts';
import { backUpAll, declaredServer, localTarget, openWorkspace } from '../support/workspace.ts';

interface Drills {
  readonly drills: readonly DrillReport[];
}

describe('a backup that holds', () => {
  let source: TestServer;
  beforeAll(async () => {
    source = await startNasty();
  });
  afterAll(() => source[Symbol.asyncDispose]());

  const drilled = async (roles: object, code: number): Promise<DrillReport> => {
    await using workspace = await openWorkspace({
      servers: { main: declaredServer(source) },
      targets: { clean: localTarget(source) },
      databases: { nasty: { server: 'main', database: nastyDatabase, roles, drill: { target: 'clean' } } },
    });
    await backUpAll(workspace);
    const { drills } = await workspace.json<Drills>(['drill'], { code });
    const [report] = drills;
    if (report === undefined) throw new Error('no drill was reported');
    return report;
  };

  test('all roles of the server comes back whole', async () => {
    const report = await drilled({ scope: 'all' }, 0);
    expect(strictOf(report)).toEqual([]);
    expect(failedChecks(report)).toEqual([]);
    expect(report.checks.find(({ name }) => name === 'role')).toMatchObject({ level: 'L5', state: 'passed' });
  });

  test('no roles cannot be restored on a clean server, and the drill names who is missing', async () => {
    const report = await drilled({ scope: 'none' }, 26);
    expect(report).toMatchObject({ verdict: 'failed', reached: null, restoration: { state: 'failed' } });
    expect(report.restoration.error?.message).toContain('"app_owner"');
  });

  test('only listed roles cannot either, and the drill names the others', async () => {
    const report = await drilled({ scope: 'listed', include: ['app_owner'] }, 26);
    expect(report).toMatchObject({ verdict: 'failed', restoration: { state: 'failed' } });
    expect(report.restoration.error?.message).toContain('"app_user"');
    expect(report.restoration.error?.message).not.toContain('"app_owner"');
  });

  test('no passwords comes back with everything else, and says what it lacks', async () => {
    const report = await drilled({ passwords: 'omit' }, 0);
    expect(strictOf(report)).toEqual([]);
    expect(report.verdict).toBe('passed');
    expect(report.degradations.map(({ code }) => code)).toContain('passwords-omitted');
  });
});
