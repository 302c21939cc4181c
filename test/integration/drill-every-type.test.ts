import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DrillReport } from '../../src/run/drill-report.ts';
import { differencesOf, failedChecks } from '../support/drill.ts';
import { majors, startPostgresql } from '../support/postgresql.ts';
import { backUpAll, declaredServer, localTarget, openWorkspace } from '../support/workspace.ts';

interface Drills {
  readonly drills: readonly DrillReport[];
}

const fixture = join(import.meta.dirname, '../fixtures/postgresql/every-type.sql');

describe('values of every type, under settings that change how they are written', () => {
  test.for(majors)('survive apply, verify and drill on PostgreSQL %i', async (major) => {
    await using source = await startPostgresql({ major });
    await source.psql('postgres', { file: fixture });
    await using workspace = await openWorkspace({
      servers: { main: declaredServer(source) },
      targets: { clean: localTarget(source) },
      databases: {
        hostile: {
          server: 'main',
          dump: { serverHashes: true },
          drill: {
            target: 'clean',
            level: 'L6',
            checks: [{ name: 'rows', sql: 'SELECT count(*) FROM s.every_type', expect: '>= 3' }],
          },
        },
      },
    });
    await backUpAll(workspace);
    expect((await workspace.backup(['verify'])).code).toBe(0);
    const { drills } = await workspace.json<Drills>(['drill']);
    const [report] = drills;
    if (report === undefined) throw new Error('no drill was reported');
    expect(failedChecks(report)).toEqual([]);
    // The settings of the bootstrap role are its target's own.
    expect(differencesOf(report)).toEqual(
      expect.arrayContaining(['informational setting role postgres']) as readonly string[],
    );
    expect(differencesOf(report).filter((line) => !line.startsWith('informational '))).toEqual([]);
    expect(report).toMatchObject({ verdict: 'passed', reached: 'L6', teardown: { state: 'done' } });
    const tables = report.checks.filter(({ kind, name }) => kind === 'data' && name.startsWith('s.'));
    expect(tables.map(({ name, detail }) => `${name} ${detail}`)).toEqual(
      ['s."select"', 's.every_type', 's.unlogged', ...(major >= 18 ? ['s.virtual'] : [])].map(
        (name) => `${name} copy-digest`,
      ),
    );
  });
});
