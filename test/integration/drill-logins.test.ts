import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DrillReport } from '../../src/run/drill-report.ts';
import { failedChecks } from '../support/drill.ts';
import { startPostgresql, type TestServer } from '../support/postgresql.ts';
import { shopPassword, startShop } from '../support/shop.ts';
import { backUpAll, declaredServer, localTarget, openWorkspace, type Workspace } from '../support/workspace.ts';

interface Drills {
  readonly drills: readonly DrillReport[];
}

describe('a drill with logins and questions', () => {
  let source: TestServer;
  let trusting: TestServer;
  let workspace: Workspace;
  beforeAll(async () => {
    source = await startShop();
    trusting = await startPostgresql();
    workspace = await openWorkspace({
      servers: { main: declaredServer(source) },
      targets: {
        clean: localTarget(source),
        trusting: {
          engine: 'postgresql',
          server: { host: trusting.socket, user: trusting.user, disposable: true },
        },
      },
      databases: {
        shop: {
          server: 'main',
          drill: {
            target: 'clean',
            checks: [
              { name: 'orders are there', sql: 'SELECT count(*) FROM sales.orders', expect: '= 500' },
              { name: 'customers have names', sql: 'SELECT min(name) FROM sales.customers', expect: "= 'customer 1'" },
            ],
            logins: [{ role: 'shop_app', password: { env: 'SHOP_APP' } }],
          },
        },
      },
    });
    await backUpAll(workspace);
  });
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]();
    await trusting[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
  });

  const drill = async (code: number, secret: string, args: readonly string[] = []): Promise<DrillReport> => {
    const { drills } = await workspace.json<Drills>(['drill', ...args], { code, env: { SHOP_APP: secret } });
    const [report] = drills;
    if (report === undefined) throw new Error('no drill was reported');
    return report;
  };

  test('passes with the right password, and nothing shows it', async () => {
    const report = await drill(0, shopPassword);
    expect(report).toMatchObject({ verdict: 'passed', reached: 'L6' });
    expect(report.checks).toContainEqual(
      expect.objectContaining({ level: 'L5', kind: 'login', name: 'shop_app', state: 'passed' }),
    );
    expect(report.checks.filter(({ level }) => level === 'L6').map(({ actual }) => actual)).toEqual([
      '500',
      'customer 1',
    ]);
    expect(JSON.stringify(report)).not.toContain(shopPassword);
  });

  test('is red with a wrong one', async () => {
    const report = await drill(26, 'not it');
    expect(report).toMatchObject({ verdict: 'failed', reached: 'L4' });
    expect(failedChecks(report)).toEqual(['login shop_app']);
    expect(report.checks.find(({ kind }) => kind === 'login')).toMatchObject({
      actual: 'right password refused, wrong one refused',
    });
  });

  test('is red on a server that lets everyone in: there no password was proven', async () => {
    const report = await drill(26, shopPassword, ['--target', 'trusting']);
    expect(failedChecks(report)).toEqual(['login shop_app']);
    expect(report.checks.find(({ kind }) => kind === 'login')).toMatchObject({
      actual: 'the server does not check passwords',
    });
    expect(report.teardown.state).toBe('done');
  });

  test('begins nothing where a secret is not there', async () => {
    const ran = await workspace.backup(['drill', '--target', 'trusting']);
    expect(ran).toMatchObject({ code: 20 });
    expect(ran.stderr).toContain('SHOP_APP');
    expect(await trusting.sql('postgres', "SELECT 1 AS one FROM pg_database WHERE datname = 'shop'")).toEqual([]);
  });

  test('needs no login for a level below', async () => {
    const { drills } = await workspace.json<Drills>(['drill', '--level', 'L4']);
    expect(drills).toMatchObject([{ verdict: 'passed', reached: 'L4', level: 'L4' }]);
  });
});
