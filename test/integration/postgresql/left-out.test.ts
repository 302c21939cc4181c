import { describe, expect, test } from 'vitest';
import type { DrillReport } from '../../../src/run/drill-report.ts';
import { mintOpenServer } from '../../../src/engine/clean-server.ts';
import { checkTarget } from '../../../src/engine/postgresql/check-target.ts';
import { captureInto } from '../../support/capture.ts';
import { drillInProcess, failedChecks, strictOf } from '../../support/drill.ts';
import { majors, startPostgresql } from '../../support/postgresql.ts';
import { described, differencesOf, restoreOnto, restoreRequest } from '../../support/restore.ts';
import { backUpAll, declaredServer, openWorkspace } from '../../support/workspace.ts';

/** A database of this SQL, backed up under a policy and drilled. */
async function drilled(major: number, sql: string, policy: object = {}): Promise<DrillReport> {
  await using source = await startPostgresql({ major });
  await source.sql('postgres', 'CREATE DATABASE shop');
  await source.psql('shop', sql);
  await using workspace = await openWorkspace({
    servers: { main: declaredServer(source) },
    policies: { p: policy },
    databases: { shop: { server: 'main', policy: 'p' } },
  });
  await backUpAll(workspace);
  return await drillInProcess(workspace, source, 'shop');
}

describe.for([majors[0] ?? 0, majors.at(-1) ?? 0])('on PostgreSQL %i', (major) => {
  test('a table with a serial column can be left out', async () => {
    const report = await drilled(
      major,
      `CREATE TABLE t (a int); INSERT INTO t VALUES (1);
       CREATE TABLE audit (id serial PRIMARY KEY, other int GENERATED ALWAYS AS IDENTITY, x text); INSERT INTO audit (x) VALUES ('y');
       GRANT USAGE ON SEQUENCE audit_id_seq TO PUBLIC; COMMENT ON SEQUENCE audit_id_seq IS 'a comment';
       ${major < 18 ? 'CREATE PUBLICATION p FOR TABLE audit, t; CREATE PUBLICATION q FOR TABLE audit' : ''}`,
      { dump: { excludeTables: ['public.audit'] } },
    );
    expect(report.restoration.error?.message).toBeUndefined();
    expect(strictOf(report)).toEqual([]);
    expect(failedChecks(report)).toEqual([]);
    expect(report.degradations).toEqual([
      { code: 'table-excluded', subject: 'public.audit', detail: 'the policy leaves this table out' },
    ]);
  });

  test('what needs a table that is left out is named, and the drill fails there', async () => {
    const report = await drilled(
      major,
      `CREATE TABLE audit (id serial PRIMARY KEY, x text); CREATE TABLE b (a int REFERENCES audit);
       CREATE VIEW v AS SELECT id FROM audit; CREATE TABLE kid () INHERITS (audit); CREATE TABLE c (a audit);
       CREATE POLICY po ON b USING (a IN (SELECT id FROM audit));
       CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM audit; END`,
      { dump: { excludeTables: ['public.audit'] } },
    );
    expect(report).toMatchObject({ verdict: 'failed', restoration: { state: 'failed' } });
    expect(report.degradations).toEqual([
      { code: 'table-excluded', subject: 'public.audit', detail: 'the policy leaves this table out' },
      {
        code: 'object-not-restorable',
        subject: 'public.audit',
        detail: expect.stringMatching(
          /^a restore fails: the policy leaves this table out, and the backup has what needs it: function public\.f\(\), policy po on public\.b, table constraint b_a_fkey on public\.b, table public\.c, table public\.kid and 1 more$/,
        ),
      },
    ]);
  });

  test.for([
    [
      'the schema public',
      'CREATE SCHEMA app; CREATE TABLE app.t (a int); INSERT INTO app.t VALUES (1); DROP SCHEMA public',
    ],
    ['plpgsql', 'CREATE TABLE t (a int); INSERT INTO t VALUES (1); DROP EXTENSION plpgsql'],
    ['both', 'CREATE SCHEMA app; CREATE TABLE app.t (a int); DROP SCHEMA public; DROP EXTENSION plpgsql'],
  ] as const)('%s, dropped on the source, does not come back', async ([, sql]) => {
    const report = await drilled(major, sql);
    expect(report.restoration.error?.message).toBeUndefined();
    expect(strictOf(report)).toEqual([]);
    expect(failedChecks(report)).toEqual([]);
  });

  test('a backup without roles names them, and comes back on a server that has them', async () => {
    await using source = await startPostgresql({ major });
    const make = 'CREATE ROLE app_none; CREATE ROLE app_reader';
    await source.sql('postgres', make);
    await source.sql('postgres', 'CREATE DATABASE shop OWNER app_none');
    await source.psql(
      'shop',
      'CREATE TABLE t AS SELECT 1 AS a; ALTER TABLE t OWNER TO app_none; GRANT SELECT ON t TO app_reader',
    );
    await using capture = await captureInto(source.access(), 'shop', { holds: { roles: 'none' } });
    expect(capture.captured.degradations).toEqual([
      { code: 'roles-omitted', subject: 'roles', detail: expect.stringMatching(/2 roles .*: app_none, app_reader$/) },
    ]);
    await using target = await startPostgresql({ major });
    const request = restoreRequest(capture, 'shop');
    expect(await checkTarget(mintOpenServer(target.access('target')), request)).toMatchObject([
      { severity: 'error', summary: expect.stringContaining('"app_none", "app_reader"') },
    ]);
    await target.sql('postgres', make);
    expect(await checkTarget(mintOpenServer(target.access('target')), request)).toEqual([]);
    await restoreOnto(target, capture, request);
    expect(described(await differencesOf(target, 'shop', request)).filter((line) => line.startsWith('strict'))).toEqual(
      [],
    );
  });

  test('rows of an extension’s table that it did not register for dumps are named as lost', async () => {
    await using source = await startPostgresql({ major });
    await source.psql(
      'postgres',
      `CREATE TABLE side AS SELECT 1 AS a; CREATE TABLE bare (a int); ALTER EXTENSION plpgsql ADD TABLE side; ALTER EXTENSION plpgsql ADD TABLE bare`,
    );
    await using capture = await captureInto(source.access(), 'postgres');
    expect(capture.captured.degradations).toEqual([
      {
        code: 'extension-table-data',
        subject: 'public.side',
        detail: expect.stringContaining('belongs to extension plpgsql'),
      },
    ]);
  });
});

// Older versions of pg_dump leave the membership out.
test.for(majors.filter((major) => major >= 18))(
  'a publication of a table that is left out is named on PostgreSQL %i',
  async (major) => {
    const report = await drilled(major, 'CREATE TABLE audit (a int); CREATE PUBLICATION p FOR TABLE audit', {
      dump: { excludeTables: ['public.audit'] },
    });
    expect(report).toMatchObject({ verdict: 'failed', restoration: { state: 'failed' } });
    expect(report.degradations).toMatchObject([
      { code: 'table-excluded' },
      { code: 'object-not-restorable', detail: expect.stringContaining('publication relation') },
    ]);
  },
);
