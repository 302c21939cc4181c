import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OperationError } from '../../src/base/operation-error.ts';
import { madeOn } from '../../src/engine/clean-server.ts';
import { openSession } from '../../src/engine/postgresql/session.ts';
import { levelReached, verdictOf } from '../../src/run/drill-checks.ts';
import type { DesiredTarget } from '../../src/spec/desired.ts';
import { differencesOf, drillInProcess, failedChecks, strictOf } from '../support/drill.ts';
import { startPostgresql, type TestServer } from '../support/postgresql.ts';
import { startShop } from '../support/shop.ts';
import { backUpAll, declaredServer, openWorkspace, type Workspace } from '../support/workspace.ts';

interface Sabotage {
  readonly what: string;
  readonly sql: string;
  /** Every strict difference, and every failed check. */
  readonly strict: readonly string[];
  readonly failed: readonly string[];
}

const sabotages: readonly Sabotage[] = [
  {
    what: 'a grant is lost',
    sql: 'REVOKE SELECT ON sales.orders FROM reader',
    strict: ['acl table sales.orders items'],
    failed: ['access acl'],
  },
  { what: 'a row is lost', sql: 'DELETE FROM sales.orders WHERE id = 7', strict: [], failed: ['data sales.orders'] },
  {
    what: 'one value is another, and the count the same',
    sql: "UPDATE sales.orders SET note = 'n7x' WHERE id = 7",
    strict: [],
    failed: ['data sales.orders'],
  },
  {
    what: 'a membership is revoked',
    sql: 'REVOKE reader FROM shop_app',
    strict: ['membership reader to shop_app'],
    failed: ['access membership'],
  },
  {
    what: 'an owner is another',
    sql: 'ALTER TABLE sales.customers OWNER TO postgres',
    strict: ['acl table sales.customers items', 'object table sales.customers owner'],
    failed: ['access acl', 'access object'],
  },
  {
    what: 'a policy is dropped',
    sql: 'DROP POLICY own_orders ON sales.orders',
    strict: ['policy sales.orders own_orders'],
    failed: ['access policy'],
  },
  {
    what: 'row security is off',
    sql: 'ALTER TABLE sales.orders DISABLE ROW LEVEL SECURITY',
    strict: ['row-security sales.orders'],
    failed: ['access row-security'],
  },
  {
    what: 'a setting of a role is another',
    sql: "ALTER ROLE shop_app SET work_mem = '9MB'",
    strict: ['setting role shop_app settings'],
    failed: ['access setting'],
  },
  {
    what: 'a password is another',
    sql: "ALTER ROLE shop_app PASSWORD 'another'",
    strict: ['role shop_app password'],
    failed: ['access role'],
  },
  {
    what: 'a default privilege is dropped',
    sql: 'ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA sales REVOKE SELECT ON TABLES FROM reader',
    strict: ['default-acl tables of shop_owner in schema sales'],
    failed: ['access default-acl'],
  },
  {
    what: 'a trigger is disabled',
    sql: 'ALTER TABLE sales.orders DISABLE TRIGGER touched',
    strict: ['trigger sales.orders touched enabled'],
    failed: ['structure trigger'],
  },
  {
    what: 'a sequence is far away',
    sql: "SELECT setval('sales.orders_id_seq', 1)",
    strict: ['sequence-state sales.orders_id_seq high', 'sequence-state sales.orders_id_seq low'],
    failed: ['structure sequence-state'],
  },
  {
    what: 'an index is dropped',
    sql: 'DROP INDEX sales.orders_note',
    strict: ['index sales.orders_note'],
    failed: ['structure index'],
  },
];

describe('a restore that is not whole is red and named:', () => {
  let source: TestServer;
  let target: TestServer;
  let workspace: Workspace;
  let disposable: DesiredTarget;
  beforeAll(async () => {
    source = await startShop();
    target = await startPostgresql();
    disposable = {
      kind: 'server',
      name: 'spare',
      engine: 'postgresql',
      connection: { host: target.socket, port: target.port, user: target.user, tls: { mode: 'disable' } },
      maintenanceDatabase: 'postgres',
      disposable: true,
      place: { file: 'backup.yaml', line: 1, column: 1, endColumn: 1 },
    };
    workspace = await openWorkspace({
      servers: { main: declaredServer(source) },
      databases: { shop: { server: 'main' } },
    });
    await backUpAll(workspace);
  });
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
  });

  test('nothing, where nothing is wrong', async () => {
    const report = await drillInProcess(workspace, source, 'shop', { target: disposable });
    expect(failedChecks(report)).toEqual([]);
    expect(differencesOf(report)).toEqual([]);
    expect(report).toMatchObject({ verdict: 'passed', reached: 'L5', teardown: { state: 'done' } });
  });

  test.for(sabotages)('$what', async ({ sql, strict, failed }) => {
    const report = await drillInProcess(workspace, source, 'shop', {
      target: disposable,
      restore: (restore) => async (server, request, artefacts, events) => {
        const restored = await restore(server, request, artefacts, events);
        await using session = await openSession(server, restored.database);
        await session.run(sql);
        return restored;
      },
    });
    expect(report).toMatchObject({
      verdict: 'failed',
      restoration: { state: 'succeeded' },
      teardown: { state: 'done' },
    });
    expect(strictOf(report)).toEqual(strict);
    expect(failedChecks(report)).toEqual(failed);
    expect(report.reached === 'L5' || report.reached === 'L6').toBe(false);
  });

  test('everything, where nothing was restored at all and nothing said so', async () => {
    const report = await drillInProcess(workspace, source, 'shop', {
      target: disposable,
      restore: () => async (server) => {
        await using session = await openSession(server, 'postgres');
        await session.run('CREATE DATABASE shop TEMPLATE template0');
        // As a restore does, so that the teardown takes it away.
        madeOn(server)?.databases.add('shop');
        return { database: 'shop', steps: [], notes: [] };
      },
    });
    expect(report).toMatchObject({ verdict: 'failed' });
    expect(strictOf(report)).toEqual(expect.arrayContaining(['role shop_app', 'relation sales.orders']));
    expect(failedChecks(report)).toEqual(expect.arrayContaining(['data sales.orders', 'access role']));
  });

  test('a comparison that could not be made', async () => {
    const broken = (): Promise<never> => Promise.reject(new OperationError('source/query', 'the server went away'));
    const report = await drillInProcess(workspace, source, 'shop', {
      target: disposable,
      engine: (engine) => ({ ...engine, inventory: broken, compareData: broken }),
    });
    expect(report).toMatchObject({ verdict: 'failed', reached: 'L3', teardown: { state: 'done' } });
    expect(failedChecks(report)).toEqual(['structure structure', 'data data']);
  });

  test('a drill in which nothing was checked', () => {
    expect(verdictOf([])).toBe('failed');
    expect(levelReached([])).toBeUndefined();
  });
});
