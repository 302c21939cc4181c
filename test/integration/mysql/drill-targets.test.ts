import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flavours as vendors } from '../../../src/engine/mysql/flavour.ts';
import { proveClean } from '../../../src/engine/mysql/prove-clean.ts';
import { serverContent } from '../../../src/engine/mysql/server-content.ts';
import { openSession } from '../../../src/engine/mysql/session.ts';
import type { DrillReport } from '../../../src/run/drill-report.ts';
import { mysqlImageFor } from '../../support/docker.ts';
import { failedChecks } from '../../support/drill.ts';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';
import { shopPassword, startMysqlShop } from '../../support/mysql-shop.ts';
import { declaredMysql, localMysqlTarget, mysqlTarget } from '../../support/mysql-workspace.ts';
import { backUpAll, openWorkspace, type Workspace } from '../../support/workspace.ts';

interface Drills {
  readonly drills: readonly DrillReport[];
}

const images = await Promise.all(flavours.map(async (flavour) => ({ flavour, image: await mysqlImageFor(flavour) })));

describe.each(images)('a drill of $flavour.engine $flavour.version writes to', ({ flavour, image }) => {
  let source: TestMysql;
  let spare: TestMysql;
  let workspace: Workspace;
  let links: string;
  beforeAll(async () => {
    source = await startMysqlShop(flavour);
    spare = await startMysql({ ...flavour, settings: { 'event-scheduler': 'OFF' } });
    links = await mkdtemp(join(tmpdir(), 'hf-links-'));
    await symlink(dirname(source.socket), join(links, 'server'));
    const password = { file: join(dirname(source.socket), 'root.password') };
    workspace = await openWorkspace({
      servers: { main: await declaredMysql(source) },
      targets: {
        clean: localMysqlTarget(source),
        box: { engine: flavour.engine, container: { image: image ?? 'localhost:9/none:1' } },
        spare: await mysqlTarget(spare),
        kept: await mysqlTarget(spare, {}),
        elsewhere: {
          engine: flavour.engine,
          server: { host: join(links, 'server/mysqld.sock'), user: 'root', password, disposable: true },
        },
      },
      databases: {
        shop: {
          server: 'main',
          drill: {
            checks: [{ name: 'orders', sql: 'SELECT COUNT(*) FROM orders', expect: '= 500' }],
            logins: [{ role: 'shop_app@%', password: { env: 'APP' } }],
          },
        },
      },
    });
    await backUpAll(workspace);
  });
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]();
    await spare[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
    await rm(links, { recursive: true });
  });
  const env = { APP: shopPassword };

  /** What a drill could leave behind. */
  const contentOf = async (server: TestMysql): Promise<readonly string[]> => {
    await using session = await openSession(server.access(), vendors[flavour.engine]);
    return await serverContent(session, vendors[flavour.engine]);
  };

  test('a declared disposable server, and leaves nothing there', async () => {
    const { drills } = await workspace.json<Drills>(['drill', '--target', 'spare'], { env });
    expect(failedChecks(drills[0] as DrillReport)).toEqual([]);
    expect(drills).toMatchObject([
      {
        verdict: 'passed',
        reached: 'L6',
        target: { kind: 'server', provenance: 'declared', isolation: 'declared' },
        teardown: { state: 'done' },
      },
    ]);
    expect(drills[0]?.target.notASource).toContain('compared with main');
    expect(await contentOf(spare)).toEqual([]);
  });

  test('a server of its own, and tries logins there', async () => {
    const { drills } = await workspace.json<Drills>(['drill', '--target', 'clean'], { env });
    expect(drills).toMatchObject([{ verdict: 'passed', reached: 'L6', target: { kind: 'local' } }]);
    const [logins] = drills.map(({ checks }) => checks.filter(({ kind }) => kind === 'login'));
    expect(logins).toMatchObject([{ name: 'shop_app@%', state: 'passed' }]);
  });

  test.skipIf(image === undefined)('a container', async () => {
    const { drills } = await workspace.json<Drills>(['drill', '--target', 'box'], { env });
    expect(failedChecks(drills[0] as DrillReport)).toEqual([]);
    expect(drills).toMatchObject([
      { verdict: 'passed', reached: 'L6', target: { kind: 'container', isolation: 'container' } },
    ]);
  });

  test('no server that is not declared disposable', async () => {
    const ran = await workspace.backup(['drill', '--target', 'kept'], { env });
    expect(ran).toMatchObject({ code: 25 });
    expect(ran.stdout).toContain('target/not-disposable');
  });

  test('no server that holds something', async () => {
    await spare.sql(undefined, 'CREATE USER mine@localhost; CREATE DATABASE mine');
    const ran = await workspace.backup(['drill', '--target', 'spare'], { env });
    await spare.sql(undefined, 'DROP USER mine@localhost; DROP DATABASE mine');
    expect(ran).toMatchObject({ code: 25 });
    expect(ran.stdout).toContain('not empty: database mine, account mine@localhost');
  });

  test('not the source under another path of its socket', async () => {
    const ran = await workspace.backup(['drill', '--target', 'elsewhere'], { env });
    expect(ran).toMatchObject({ code: 25 });
    expect(ran.stdout).toContain('target/is-source');
  });

  test('no server on which another drill runs', async () => {
    const { signal } = new AbortController();
    await using other = await proveClean(vendors[flavour.engine])(spare.access(), {
      mustBeEmpty: true,
      sources: [],
      signal,
    });
    expect(other.silent).toEqual([]);
    const ran = await workspace.backup(['drill', '--target', 'spare'], { env });
    expect(ran).toMatchObject({ code: 23 });
    expect(ran.stdout).toContain('target/in-use');
  });

  test('no server that would run the events of the backup', async () => {
    await spare.sql(undefined, 'SET GLOBAL event_scheduler = ON');
    const { drills } = await workspace.json<Drills>(['drill', '--target', 'spare'], { env, code: 26 });
    await spare.sql(undefined, 'SET GLOBAL event_scheduler = OFF');
    expect(drills).toMatchObject([{ verdict: 'failed', restoration: { state: 'failed' } }]);
    expect(drills[0]?.restoration.error?.message).toContain('the event scheduler of the target is on');
    expect(await contentOf(spare)).toEqual([]);
  });
});
