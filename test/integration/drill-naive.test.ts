import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OperationError } from '../../src/base/operation-error.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { findClient } from '../../src/engine/postgresql/clients.ts';
import { libpqEnvironment } from '../../src/engine/postgresql/libpq-environment.ts';
import { openSession } from '../../src/engine/postgresql/session.ts';
import type { DrillReport } from '../../src/run/drill-report.ts';
import { runCommand } from '../../src/system/run.ts';
import { withScratch } from '../../src/system/scratch.ts';
import { drillInProcess, failedChecks, type RestoreCall, strictOf } from '../support/drill.ts';
import { nastyDatabase, startNasty } from '../support/nasty.ts';
import { majors, type TestServer } from '../support/postgresql.ts';
import { backUpAll, declaredServer, openWorkspace, type Workspace } from '../support/workspace.ts';

/**
 * Ways to restore that are in use everywhere and bring back a database that its users cannot work with. Each is told apart
 * from a whole one by the drill, and not by pg_restore's exit code: the errors that it ends with are passed over here, as
 * scripts do.
 */
describe('a naive restore is red:', () => {
  let source: TestServer;
  let workspace: Workspace;
  beforeAll(async () => {
    source = await startNasty({ major: majors[0] ?? 0 });
    workspace = await openWorkspace({
      servers: { main: declaredServer(source) },
      databases: { nasty: { server: 'main', database: nastyDatabase } },
    });
    await backUpAll(workspace);
  });
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
  });

  const restoredBy = (work: (call: RestoreCall) => Promise<void>): Promise<DrillReport> =>
    drillInProcess(workspace, source, nastyDatabase, {
      restore: (): Engine['restore'] => async (target, request, artefacts) => {
        await work({ target, request, source: artefacts });
        return { database: nastyDatabase, steps: [], notes: [] };
      },
    });

  test('without owners, privileges and roles', async () => {
    const report = await restoredBy(async (call) => {
      await createDatabase(call);
      await pgRestore(call, nastyDatabase, ['--no-owner', '--no-privileges']);
    });
    const strict = strictOf(report);
    expect(report).toMatchObject({ verdict: 'failed', restoration: { state: 'succeeded' } });
    expect(strict.length).toBeGreaterThan(120);
    expect(strict).toEqual(
      expect.arrayContaining([
        'role app_user',
        'role only_policy',
        'membership app_ro to app_user',
        'object table app.parent owner',
        'acl table app.parent',
        'acl column app.parent.name',
        'policy app.parent p1',
        'default-acl tables of only_defacl_owner',
        'setting role app_user',
        'user-mapping only_usermap on srv',
        'acl this database',
      ]),
    );
    expect(failedChecks(report)).toEqual(expect.arrayContaining(['access role', 'access membership', 'access acl']));
  });

  test('with --create, without roles', async () => {
    const report = await restoredBy((call) => pgRestore(call, 'postgres', ['--create']));
    const strict = strictOf(report);
    expect(report).toMatchObject({ verdict: 'failed' });
    expect(strict.length).toBeGreaterThan(100);
    expect(strict).toEqual(
      expect.arrayContaining(['role app_user', 'membership app_ro to app_user', 'object table app.parent owner']),
    );
  });

  test('with roles, into a database made by createdb', async () => {
    const report = await restoredBy(async (call) => {
      await runRoles(call);
      await createDatabase(call);
      await pgRestore(call, nastyDatabase, []);
    });
    const strict = strictOf(report);
    expect(report).toMatchObject({ verdict: 'failed' });
    expect(strict).toEqual(
      expect.arrayContaining([
        'acl this database',
        'database this database owner',
        'database this database connectionLimit',
        'setting this database',
        'setting role app_user in this database',
        ...ofExtensions,
      ]),
    );
    expect(strict.filter((line) => /^(role|membership|policy) /.test(line))).toEqual([]);
  });

  test('with roles and --create, without what no archive carries', async () => {
    const report = await restoredBy(async (call) => {
      await runRoles(call);
      await pgRestore(call, 'postgres', ['--create', '--enable-row-security']);
    });
    expect(report).toMatchObject({ verdict: 'failed' });
    expect(strictOf(report)).toEqual([...ofExtensions, 'relation app.in_ts tablespace', 'tablespace ts1']);
  });

  test('in our own order, without the supplement', async () => {
    const report = await drillInProcess(workspace, source, nastyDatabase, {
      restore: (restore) => (target, request, artefacts, events) => {
        const steps = request.manifest.steps.filter(({ phase }) => phase !== 'supplement');
        return restore(target, { ...request, manifest: { ...request.manifest, steps } }, artefacts, events);
      },
    });
    expect(report).toMatchObject({ verdict: 'failed', reached: 'L4' });
    expect(strictOf(report)).toEqual(ofExtensions);
  });
});

/** Owners that no archive has: their objects are made anew by CREATE EXTENSION. */
const ofExtensions: readonly string[] = [
  'object foreign-data wrapper postgres_fdw owner',
  'object function app.crypt(pg_catalog.text,pg_catalog.text) owner',
];

async function createDatabase({ target }: RestoreCall): Promise<void> {
  await using session = await openSession(target, target.maintenanceDatabase);
  await session.run(`CREATE DATABASE "${nastyDatabase.replaceAll('"', '""')}" TEMPLATE template0`);
}

async function runRoles({ target, source }: RestoreCall): Promise<void> {
  await using session = await openSession(target, target.maintenanceDatabase);
  await session.run(await source.text('roles'));
}

async function pgRestore({ target, source }: RestoreCall, database: string, flags: readonly string[]): Promise<void> {
  const client = await findClient('pg_restore', majors[0] ?? 0, target.clients);
  await withScratch('naive-restore', async (scratch) => {
    const env = await libpqEnvironment(target, database, scratch);
    const args = ['--dbname=', '--jobs=2', ...flags, await source.dumpDirectory()];
    try {
      await runCommand({ program: client.path, args, env });
    } catch (error) {
      if (!(error instanceof OperationError) || error.code !== 'process/failed') throw error;
    }
  });
}
