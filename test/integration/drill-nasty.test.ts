import { describe, expect, test } from 'vitest';
import type { DrillReport } from '../../src/run/drill-report.ts';
import { differencesOf, failedChecks } from '../support/drill.ts';
import { nastyDatabase, startNasty } from '../support/nasty.ts';
import { majors } from '../support/postgresql.ts';
import { backUpAll, declaredServer, localTarget, openWorkspace } from '../support/workspace.ts';

interface Drills {
  readonly drills: readonly DrillReport[];
}

describe('everything that has ever broken a backup', () => {
  test.for(majors)('survives apply and drill on PostgreSQL %i', async (major) => {
    await using source = await startNasty({ major });
    await using workspace = await openWorkspace({
      servers: { main: declaredServer(source) },
      targets: { clean: localTarget(source) },
      databases: { nasty: { server: 'main', database: nastyDatabase, drill: { target: 'clean' } } },
    });
    await backUpAll(workspace);
    const { drills } = await workspace.json<Drills>(['drill']);
    const [report] = drills;
    if (report === undefined) throw new Error('no drill was reported');

    // All of what is not equal, and each of the three is on the list of docs/design.md.
    expect(differencesOf(report)).toEqual([
      'informational index app.inv_ux',
      'informational role postgres password',
      'informational tablespace ts1 location',
    ]);
    expect(failedChecks(report)).toEqual([]);
    expect(report).toMatchObject({
      verdict: 'passed',
      reached: 'L5',
      restoration: { state: 'succeeded' },
      teardown: { state: 'done' },
    });
  });
});
