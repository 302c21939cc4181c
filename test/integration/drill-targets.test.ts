import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proveClean } from '../../src/engine/postgresql/prove-clean.ts';
import type { DrillReport } from '../../src/run/drill-report.ts';
import { imageFor } from '../support/docker.ts';
import { onFreePort } from '../support/free-port.ts';
import { failedChecks } from '../support/drill.ts';
import { majors, startPostgresql, type TestServer } from '../support/postgresql.ts';
import { startShop } from '../support/shop.ts';
import { backUpAll, declaredServer, localTarget, openWorkspace, type Workspace } from '../support/workspace.ts';

interface Drills {
  readonly drills: readonly DrillReport[];
}

const server = (to: TestServer, more: object = { disposable: true }): object => ({
  engine: 'postgresql',
  server: { host: to.socket, port: to.port, user: to.user, ...more },
});

/** Everything a drill could leave behind. */
const contentOf = (on: TestServer): Promise<readonly Record<string, string | null>[]> =>
  on.sql(
    'postgres',
    `SELECT 'database ' || datname AS what FROM pg_database WHERE oid >= 16384
     UNION ALL SELECT 'role ' || rolname FROM pg_roles WHERE oid >= 16384
     UNION ALL SELECT 'tablespace ' || spcname FROM pg_tablespace WHERE oid >= 16384
     UNION ALL SELECT 'setting ' || setconfig::text FROM pg_db_role_setting`,
  );

describe('a drill writes to', () => {
  let source: TestServer;
  let spare: TestServer;
  let workspace: Workspace;
  let links: string;
  beforeAll(async () => {
    source = await startShop();
    spare = await startPostgresql();
    links = await mkdtemp(join(tmpdir(), 'hf-links-'));
    await symlink(source.socket, join(links, 'socket'));
    workspace = await openWorkspace({
      servers: { main: declaredServer(source) },
      targets: {
        clean: localTarget(source),
        spare: server(spare),
        kept: server(spare, {}),
        elsewhere: server(source, { host: join(links, 'socket'), disposable: true }),
      },
      databases: { shop: { server: 'main' } },
    });
    await backUpAll(workspace);
  });
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]();
    await spare[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
    await rm(links, { recursive: true });
  });

  test('a declared disposable server, and leaves nothing there', async () => {
    const { drills } = await workspace.json<Drills>(['drill', '--target', 'spare']);
    expect(drills).toMatchObject([
      {
        verdict: 'passed',
        target: { kind: 'server', provenance: 'declared', isolation: 'declared' },
        teardown: { state: 'done' },
      },
    ]);
    expect(drills[0]?.target.notASource).toContain('compared with main');
    expect(await contentOf(spare)).toEqual([]);
  });

  test('no server that is not declared disposable', async () => {
    const ran = await workspace.backup(['drill', '--target', 'kept']);
    expect(ran).toMatchObject({ code: 25 });
    expect(ran.stdout).toContain('target/not-disposable');
    expect(await contentOf(spare)).toEqual([]);
  });

  test('no server that holds something', async () => {
    await spare.sql('postgres', 'CREATE TABLE mine ()');
    const ran = await workspace.backup(['drill', '--target', 'spare']);
    expect(ran).toMatchObject({ code: 25 });
    expect(ran.stdout).toContain('mine in database postgres');
    expect(await contentOf(spare)).toEqual([]);
    await spare.sql('postgres', 'DROP TABLE mine');
  });

  test('not the source under another path of its socket', async () => {
    const before = await contentOf(source);
    const ran = await workspace.backup(['drill', '--target', 'elsewhere']);
    expect(ran).toMatchObject({ code: 25 });
    expect(ran.stdout).toContain('target/is-source');
    expect(await contentOf(source)).toEqual(before);
  });

  test('not the source that a spec names as a target too', async () => {
    await using plain = await openWorkspace({
      servers: { main: declaredServer(source) },
      targets: { itself: server(source) },
      databases: { shop: { server: 'main' } },
    });
    const ran = await plain.backup(['validate']);
    expect(ran).toMatchObject({ code: 20 });
    expect(ran.stderr).toContain('the target itself is the source server main');
  });

  test('no server on which another drill runs', async () => {
    const signal = new AbortController().signal;
    await using other = await proveClean(spare.access(), { mustBeEmpty: true, sources: [], signal });
    const ran = await workspace.backup(['drill', '--target', 'spare']);
    expect(ran).toMatchObject({ code: 23 });
    expect(ran.stdout).toContain('target/in-use');
    expect(other.silent).toEqual([]);
  });

  test('not the server of the backup that the spec does not name any more', async () => {
    await using moved = await openWorkspace({
      repositories: { main: { type: 'filesystem', path: workspace.repository } },
      servers: { main: declaredServer(spare) },
      targets: { old: server(source) },
      databases: { shop: { server: 'main' } },
    });
    const ran = await moved.backup(['drill', '--target', 'old']);
    expect(ran).toMatchObject({ code: 25 });
    expect(ran.stdout).toContain('the server that the backup was taken from');
  });

  test('all that can be drilled, and names the others in every form', async () => {
    await using more = await openWorkspace({
      repositories: { main: { type: 'filesystem', path: workspace.repository } },
      servers: { main: declaredServer(source) },
      targets: { clean: localTarget(source) },
      databases: {
        shop: { server: 'main', drill: { target: 'clean' } },
        postgres: { server: 'main', drill: { target: 'clean' } },
      },
    });
    const ran = await more.backup([
      'drill',
      '--json',
      '--report',
      'junit=j.xml',
      '--report',
      'markdown=m.md',
      '--report',
      'text=t.txt',
    ]);
    expect(ran).toMatchObject({ code: 24 });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      drills: [{ verdict: 'passed' }],
      notRun: [{ address: { database: 'postgres' }, error: { code: 'restore/no-backup' } }],
      summary: { passed: 1, failed: 0, notRun: 1 },
      exit: 24,
    });
    expect(await readFile(join(more.path, 'j.xml'), 'utf8')).toMatch(/errors="1"[\s\S]*<error .*restore\/no-backup/);
    expect(await readFile(join(more.path, 'm.md'), 'utf8')).toContain('NOT RUN: drill of main/postgres');
    expect(await readFile(join(more.path, 't.txt'), 'utf8')).toContain('NOT RUN');
  });

  test('no declared server while a source cannot be asked, but to one of its own', async () => {
    await using away = await openWorkspace({
      repositories: { main: { type: 'filesystem', path: workspace.repository } },
      servers: {
        main: { engine: 'postgresql', host: '/nowhere', user: 'postgres' },
        other: { engine: 'postgresql', host: '/nowhere', user: 'postgres', password: { env: 'NOT_HERE' } },
      },
      targets: { clean: localTarget(source), spare: server(spare) },
      databases: { shop: { server: 'main' } },
    });
    const refused = await away.backup(['drill', '--target', 'spare'], { env: { NOT_HERE: 'x' } });
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stdout).toContain('server/unreachable');
    expect(await contentOf(spare)).toEqual([]);

    const { drills } = await away.json<Drills>(['drill', '--target', 'clean']);
    expect(drills).toMatchObject([{ verdict: 'passed' }]);
    expect(drills[0]?.target.notASource).toBe(
      'made for this drill, found empty, not the server of the backup, compared with no source, other, main could not be asked',
    );
  });
});

describe('a drill over TCP', () => {
  test('tells the source from its other address', async () => {
    await using source = await onFreePort((port) =>
      startShop({ settings: { listen_addresses: '127.0.0.1', port: String(port) } }),
    );
    await using workspace = await openWorkspace({
      servers: { main: declaredServer(source) },
      targets: { tcp: server(source, { host: '127.0.0.1', disposable: true }) },
      databases: { shop: { server: 'main', drill: { target: 'tcp' } } },
    });
    await backUpAll(workspace);
    const ran = await workspace.backup(['drill']);
    expect(ran).toMatchObject({ code: 25 });
    expect(ran.stdout).toContain('target/is-source');
    expect(ran.stdout).toContain('a lock taken on one is seen on the other');
  });
});

const images = (await Promise.all(majors.map(async (major) => ({ major, image: await imageFor(major) })))).filter(
  ({ image }) => image !== undefined,
);

describe.skipIf(images.length === 0)('a drill in a container', () => {
  test.for(images)('of PostgreSQL $major restores everything', async ({ major, image }) => {
    await using source = await startShop({ major });
    await using workspace = await openWorkspace({
      servers: { main: declaredServer(source) },
      targets: { box: { engine: 'postgresql', container: { image } } },
      databases: { shop: { server: 'main', drill: { target: 'box' } } },
    });
    await backUpAll(workspace);
    const { drills } = await workspace.json<Drills>(['drill']);
    const [report] = drills;
    if (report === undefined) throw new Error('no drill was reported');
    expect(failedChecks(report)).toEqual([]);
    expect(report).toMatchObject({
      verdict: 'passed',
      reached: 'L5',
      target: { kind: 'container', isolation: 'container', provenance: 'created', description: `container ${image}` },
      teardown: { state: 'done' },
    });
  });

  test('is what happens where no target is named, and says which image is missing', async () => {
    await using source = await startShop();
    await using workspace = await openWorkspace({
      servers: { main: declaredServer(source) },
      databases: { shop: { server: 'main' } },
    });
    await backUpAll(workspace);
    const ran = await workspace.backup(['drill']);
    expect(ran).toMatchObject({ code: 1 });
    expect(ran.stdout).toContain('the image postgres:15 is not on this machine and cannot be pulled');
    expect(ran.stdout).toContain('docker pull postgres:15');
  });
});
