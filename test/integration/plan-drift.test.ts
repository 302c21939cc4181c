import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlanDocument } from '../../src/plan/plan-document.gen.ts';
import { startPostgresql, type TestServer } from '../support/postgresql.ts';
import { shopPassword, startShop } from '../support/shop.ts';
import { backUpAll, declaredServer, openWorkspace, type Workspace } from '../support/workspace.ts';

const key = { DIGEST_KEY: 'a key that is long enough for an HMAC' };
const codesOf = (plan: PlanDocument): readonly string[] => plan.findings.map(({ code }) => code);

describe('a plan of a server in use', () => {
  let source: TestServer;
  let workspace: Workspace;
  const main = (): object => ({
    servers: { main: declaredServer(source) },
    databases: { shop: { server: 'main' } },
  });
  const plan = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<PlanDocument> =>
    workspace.json<PlanDocument>(['plan', ...args], { env });
  beforeAll(async () => {
    source = await startShop();
    workspace = await openWorkspace(main());
    await backUpAll(workspace);
  });
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
  });

  test('finds nothing to do and nothing that changed', async () => {
    const quiet = await plan(['--detailed-exitcode']);
    expect(quiet).toMatchObject({ actions: [], drift: [], complete: true, unchanged: [{ database: 'shop' }] });
    const again = await workspace.json<{ outcomes: readonly unknown[] }>(['apply', '--auto-approve']);
    expect(again.outcomes).toEqual([]);
  });

  test('names ahead of a backup what an excluded table is still needed by', async () => {
    await using other = await openWorkspace({
      servers: { main: declaredServer(source) },
      databases: { shop: { server: 'main', dump: { excludeTables: ['sales.customers'] } } },
    });
    await other.backup(['repository', 'init']);
    await source.sql('shop', 'CREATE VIEW sales.names AS SELECT name FROM sales.customers');
    const { findings } = await other.json<PlanDocument>(['plan']);
    await source.sql('shop', 'DROP VIEW sales.names');
    const [needed] = findings.filter(({ summary }) => summary.includes('object-not-restorable'));
    expect(needed).toMatchObject({ severity: 'warning', code: 'capture/degraded', subject: 'main/shop' });
    expect(needed?.summary).toMatch(
      /sales\.customers: a restore fails: .*table constraint orders_customer_fkey on sales\.orders, view sales\.names$/,
    );
  });

  test('shows what changed about roles and grants, and no password', async () => {
    await source.sql(
      'shop',
      `GRANT DELETE ON sales.orders TO reader; CREATE ROLE auditor LOGIN PASSWORD 'audit-pw'; GRANT reader TO auditor;
       ALTER TABLE sales.customers OWNER TO postgres`,
    );
    const changed = await plan(['--detailed-exitcode']);
    expect(changed.actions).toEqual([]);
    expect(changed.drift).toMatchObject([{ address: { server: 'main', database: 'shop' }, passwords: 'unknown' }]);
    const diff = JSON.stringify(changed.drift[0]?.diff);
    for (const words of [
      'DELETE',
      'role auditor: login',
      'member auditor of reader',
      'owner of table sales.customers is postgres',
    ])
      expect(diff).toContain(words);
    expect(diff).not.toMatch(/SCRAM|audit-pw/);
    const { stdout } = await workspace.backup(['plan']);
    expect(stdout).toMatch(/\+.*role auditor: login/);
    expect(stdout).toMatch(/-.*owner of table sales\.customers is shop_owner/);
    await source.sql(
      'shop',
      'REVOKE DELETE ON sales.orders FROM reader; ALTER TABLE sales.customers OWNER TO shop_owner; DROP ROLE auditor',
    );
    expect((await plan()).drift).toEqual([]);
  });

  test('cannot tell a changed password without a key, and says so', async () => {
    await source.sql('postgres', "ALTER ROLE shop_app PASSWORD 'changed'");
    const blind = await plan();
    expect(blind.drift).toEqual([]);
    expect(codesOf(blind)).toContain('access/passwords-unknown');
  });

  test('tells it with a key, once a backup was made with it', async () => {
    await using keyed = await openWorkspace({ ...main(), digestKey: { env: 'DIGEST_KEY' } });
    const missing = await keyed.backup(['plan']);
    expect(missing).toMatchObject({ code: 20 });
    await keyed.backup(['repository', 'init']);
    const ran = await keyed.backup(['apply', '--auto-approve'], { env: key });
    expect(ran).toMatchObject({ code: 0 });
    const same = await keyed.json<PlanDocument>(['plan'], { env: key });
    expect(same.drift).toEqual([]);
    expect(codesOf(same)).not.toContain('access/passwords-unknown');

    await source.sql('postgres', `ALTER ROLE shop_app PASSWORD '${shopPassword}'`);
    const changed = await keyed.json<PlanDocument>(['plan'], { env: key });
    expect(changed.drift).toMatchObject([{ passwords: 'changed' }]);
    expect(JSON.stringify(changed)).not.toMatch(/SCRAM|a key that is/);
  });

  test('names databases that nobody backs up, and backups that nobody asks for', async () => {
    await source.sql('postgres', 'CREATE DATABASE forgotten');
    const found = await plan();
    expect(found.findings).toContainEqual(
      expect.objectContaining({
        code: 'database/unmanaged',
        subject: 'main',
        summary: '1 database is not in the spec: forgotten',
      }),
    );
    await workspace.spec({ servers: { main: declaredServer(source) }, databases: { forgotten: { server: 'main' } } });
    const gone = await plan();
    expect(codesOf(gone)).toContain('backup/gone-from-spec');
    expect(gone.actions).toMatchObject([{ kind: 'back-up', address: { database: 'forgotten' } }]);

    await workspace.spec({
      servers: { main: declaredServer(source) },
      databases: { shop: { server: 'main' }, dropped: { server: 'main' } },
    });
    const ran = await workspace.backup(['plan', '--json']);
    expect(ran.code).toBe(24);
    expect(codesOf(JSON.parse(ran.stdout) as PlanDocument)).toContain('database/missing');
    await workspace.spec(main());
    await source.sql('postgres', 'DROP DATABASE forgotten');
  });

  test('goes on without a server that does not answer', async () => {
    await using pair = await openWorkspace({
      servers: { main: declaredServer(source), away: { engine: 'postgresql', host: '/nowhere', user: 'postgres' } },
      databases: { shop: { server: 'main' }, other: { server: 'away' } },
    });
    expect(await pair.backup(['repository', 'init'])).toMatchObject({ code: 0 });
    const seen = await pair.json<PlanDocument>(['plan', '--detailed-exitcode'], { code: 24 });
    expect(seen).toMatchObject({ complete: false, observed: { unreachable: ['away'] } });
    const applied = await pair.json<{ outcomes: readonly object[] }>(['apply', '--auto-approve'], { code: 24 });
    expect(applied.outcomes).toMatchObject([{ state: 'done', address: { server: 'main', database: 'shop' } }]);
  });

  test('needs no credentials with --refresh=false', async () => {
    await using offline = await openWorkspace({
      servers: { main: { engine: 'postgresql', host: '/nowhere', user: 'x', password: { env: 'NOT_SET' } } },
      repositories: { main: { type: 'filesystem', path: workspace.repository } },
      databases: { shop: { server: 'main' } },
    });
    expect(await offline.backup(['plan'])).toMatchObject({ code: 20 });
    const seen = await offline.json<PlanDocument>(['plan', '--refresh=false', '--detailed-exitcode']);
    expect(seen).toMatchObject({ complete: false, observed: { notAsked: ['main'] }, actions: [] });
  });

  test('says what a login without privileges would miss', async () => {
    await source.sql(
      'shop',
      `CREATE ROLE weak LOGIN; CREATE ROLE fair LOGIN BYPASSRLS; GRANT pg_read_all_data TO fair;`,
    );
    const as = (user: string): Promise<void> =>
      workspace.spec({
        servers: { main: { ...declaredServer(source), user } },
        databases: { shop: { server: 'main' } },
      });
    await as('weak');
    const refused = await workspace.json<PlanDocument>(['plan', '--now'], { code: 24 });
    expect(refused.blocked).toMatchObject([{ address: { database: 'shop' }, finding: { code: 'capture/refused' } }]);
    const applied = await workspace.backup(['apply', '--auto-approve', '--now']);
    expect(applied.code).toBe(24);

    await as('fair');
    const ran = await workspace.json<{ outcomes: readonly { state: string }[] }>(['apply', '--auto-approve', '--now']);
    expect(ran.outcomes).toMatchObject([{ state: 'done' }]);
    await source.sql(
      'shop',
      'REVOKE pg_read_all_data FROM fair; GRANT USAGE ON SCHEMA sales TO fair; GRANT SELECT ON ALL TABLES IN SCHEMA sales TO fair; GRANT SELECT ON ALL SEQUENCES IN SCHEMA sales TO fair',
    );
    const degraded = await workspace.json<PlanDocument>(['plan']);
    expect(codesOf(degraded)).toContain('capture/degraded');
    await workspace.spec(main());
  });
});

describe('the spec at the top of the repository', () => {
  test('is valid, and planned on a server like the demo’s', async () => {
    const root = join(import.meta.dirname, '../..');
    await using server = await startPostgresql();
    await server.psql('postgres', "CREATE ROLE backup SUPERUSER LOGIN PASSWORD 'x'");
    await server.psql(
      'postgres',
      { file: join(root, 'scripts/demo/botpress.sql') },
      { app_password: 'app', readonly_password: 'readonly' },
    );
    await using workspace = await openWorkspace({ databases: {} });
    const { parse } = await import('yaml');
    const spec = parse(await readFile(join(root, 'backup.yaml'), 'utf8')) as {
      servers: { demo: object };
      repositories: object;
    };
    expect(await workspace.backup(['validate', '--spec', join(root, 'backup.yaml')])).toMatchObject({ code: 0 });
    await workspace.spec({
      ...spec,
      servers: { demo: { ...spec.servers.demo, host: server.socket, clients: server.binaries } },
    });
    await mkdir(join(workspace.path, '.demo'));
    expect(await workspace.backup(['repository', 'init'])).toMatchObject({ code: 0 });
    const plan = await workspace.json<PlanDocument>(['plan', '--detailed-exitcode'], {
      code: 2,
      env: { DEMO_BACKUP_PASSWORD: 'x' },
    });
    expect(plan).toMatchObject({
      complete: true,
      actions: [{ kind: 'back-up', address: { server: 'demo', database: 'botpress_db' } }],
    });
    expect(codesOf(plan).filter((code) => code.startsWith('capture/'))).toEqual([]);
  });
});
