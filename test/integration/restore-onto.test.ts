import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { majors, startPostgresql, type TestServer } from '../support/postgresql.ts';
import { startShop } from '../support/shop.ts';
import { backUpAll, declaredServer, openWorkspace, type Ran, type Workspace } from '../support/workspace.ts';

interface Restored {
  readonly outcomes: readonly {
    readonly state: 'restored' | 'planned' | 'failed';
    readonly backup: string;
    readonly database?: string;
    readonly steps?: readonly string[];
    readonly notes?: readonly string[];
    readonly error?: { readonly code: string; readonly message: string };
  }[];
}

interface Listed {
  readonly backups: readonly { readonly id: string; readonly snapshotAt: string }[];
}

const url = (to: TestServer): string => `postgresql://${to.user}@${encodeURIComponent(to.socket)}:${to.port}`;

const stateOf = async (on: TestServer): Promise<string> =>
  JSON.stringify([
    await on.sql('postgres', 'SELECT oid, datname, datdba, datacl FROM pg_database ORDER BY 1'),
    await on.sql(
      'postgres',
      'SELECT oid, rolname, rolpassword, rolconfig FROM pg_authid LEFT JOIN pg_roles USING (oid, rolname) ORDER BY 1'.replace(
        'rolpassword',
        'pg_authid.rolpassword',
      ),
    ),
    await on.sql('postgres', 'SELECT * FROM pg_db_role_setting ORDER BY 1, 2'),
  ]);

const databasesOf = async (on: TestServer): Promise<readonly (string | null)[]> =>
  (await on.sql('postgres', 'SELECT datname AS name FROM pg_database WHERE oid >= 16384 ORDER BY 1')).map(
    ({ name }) => name ?? null,
  );

describe('a restore', () => {
  let source: TestServer;
  let workspace: Workspace;
  let empty: string;
  let backups: Listed['backups'];
  beforeAll(async () => {
    empty = await mkdtemp(join(tmpdir(), 'hf-empty-'));
    source = await startShop();
    await source.sql('postgres', 'CREATE DATABASE stock TEMPLATE shop OWNER shop_owner');
    workspace = await openWorkspace({
      servers: { main: declaredServer(source) },
      databases: { all: { server: 'main', match: 's*' } },
    });
    await backUpAll(workspace);
    await source.sql('shop', "INSERT INTO sales.orders (note) VALUES ('new')");
    await workspace.json(['apply', '--auto-approve', '--now', '--only', 'main/shop']);
    ({ backups } = await workspace.json<Listed>(['list', 'main/shop']));
  });
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
    await rm(empty, { recursive: true });
  });

  /** From an empty folder, with nothing but the repository's place. */
  const restore = (to: TestServer, args: readonly string[]): Promise<Ran> =>
    workspace.backup(
      ['restore', ...args, '--repository', workspace.repository, '--to', url(to), '--clients', to.binaries],
      { cwd: empty },
    );
  const restoreJson = async (to: TestServer, args: readonly string[], code = 0): Promise<Restored> => {
    const ran = await restore(to, [...args, '--json']);
    if (ran.code !== code)
      throw new Error(`restore ${args.join(' ')} exited with ${ran.code}:\n${ran.stderr}${ran.stdout}`);
    return JSON.parse(ran.stdout) as Restored;
  };
  const ordersOf = async (on: TestServer, database: string): Promise<string | null | undefined> =>
    (await on.sql(database, 'SELECT count(*) AS n FROM sales.orders'))[0]?.['n'];

  test('needs nothing but the repository: no spec, and its roles come along', async () => {
    await using target = await startPostgresql();
    const { outcomes } = await restoreJson(target, ['main/shop']);
    expect(outcomes).toMatchObject([{ state: 'restored', backup: backups[0]?.id, database: 'shop' }]);
    expect(await ordersOf(target, 'shop')).toBe('501');
    const [app] = await source.sql('postgres', "SELECT rolpassword FROM pg_authid WHERE rolname = 'shop_app'");
    expect(await target.sql('postgres', "SELECT rolpassword FROM pg_authid WHERE rolname = 'shop_app'")).toEqual([app]);
    expect(await target.sql('shop', "SELECT has_table_privilege('shop_app', 'sales.orders', 'SELECT') AS may")).toEqual(
      [{ may: 't' }],
    );

    // Equal roles are used as they are; the database is not touched.
    const again = await restoreJson(target, ['main/shop'], 1);
    expect(again.outcomes).toMatchObject([{ state: 'failed', error: { code: 'restore/database-exists' } }]);
    await target.sql('shop', 'DELETE FROM sales.orders');
    await restoreJson(target, ['main/shop', '--as', 'shop copy']);
    expect(await ordersOf(target, 'shop copy')).toBe('501');
    expect(await ordersOf(target, 'shop')).toBe('0');
    await restoreJson(target, ['main/shop', '--overwrite-database']);
    expect(await ordersOf(target, 'shop')).toBe('501');
    expect(await databasesOf(target)).toEqual(['shop', 'shop copy']);
  });

  test('refuses a name that the server would cut', async () => {
    await using target = await startPostgresql();
    const { outcomes } = await restoreJson(target, ['main/shop', '--as', 'ü'.repeat(32)], 20);
    expect(outcomes).toMatchObject([
      { error: { code: 'usage/invalid', message: 'the name of the database has 64 bytes, the server takes 63' } },
    ]);
    expect(await databasesOf(target)).toEqual([]);
  });

  test('never replaces a template of the server, and says so before it writes roles', async () => {
    await using target = await startPostgresql();
    const before = await stateOf(target);
    for (const args of [[], ['--dry-run']]) {
      const { outcomes } = await restoreJson(
        target,
        ['main/shop', '--as', 'template1', '--overwrite-database', ...args],
        1,
      );
      expect(outcomes).toMatchObject([
        {
          error: {
            code: 'restore/database-exists',
            message: 'template1 is a template of the server and is never restored over',
          },
        },
      ]);
    }
    expect(await stateOf(target)).toEqual(before);
  });

  test('takes the backup that is asked for', async () => {
    await using target = await startPostgresql();
    const [newer, older] = backups;
    if (newer === undefined || older === undefined) throw new Error('two backups were made');
    await restoreJson(target, ['main/shop', '--set', older.id]);
    expect(await ordersOf(target, 'shop')).toBe('500');
    const before = await restoreJson(target, ['main/shop', '--before', older.snapshotAt, '--as', 'then']);
    expect(before.outcomes).toMatchObject([{ backup: older.id }]);
    expect(await ordersOf(target, 'then')).toBe('500');
    for (const args of [
      ['--before', '2001-01-01T00:00:00Z'],
      ['--set', '20010101T000000Z-00000000'],
    ]) {
      const ran = await restore(target, ['main/shop', '--as', 'nothing', ...args]);
      expect(ran.code, ran.stderr).toBe(1);
      expect(ran.stdout).toContain('restore/no-backup');
    }
    const both = await restore(target, ['main/shop', '--set', older.id, '--before', older.snapshotAt]);
    expect(both.code).toBe(20);
    expect(await databasesOf(target)).toEqual(['shop', 'then']);
  });

  test('brings several databases at once', async () => {
    await using target = await startPostgresql();
    const { outcomes } = await restoreJson(target, ['main/*', '--parallel', '2']);
    expect(outcomes.map(({ state, database }) => [database, state])).toEqual([
      ['shop', 'restored'],
      ['stock', 'restored'],
    ]);
    expect(await ordersOf(target, 'shop')).toBe('501');
    expect(await ordersOf(target, 'stock')).toBe('500');
    for (const [address, name] of [
      ['main/*', 'one'],
      // As of a variable that is not set.
      ['main/shop', ''],
    ] as const)
      expect((await restore(target, [address, '--as', name])).code).toBe(20);
  });

  test('refuses to put databases of two servers into one', async () => {
    await using other = await startShop();
    await using target = await startPostgresql();
    await using own = await openWorkspace({
      servers: { main: declaredServer(source), other: declaredServer(other) },
      databases: { shop: { server: 'main' }, 'the other shop': { server: 'other', database: 'shop' } },
    });
    await backUpAll(own);
    const ran = await own.backup(['restore', '*/shop', '--to', url(target), '--overwrite-database']);
    expect(ran.code).toBe(20);
    expect(ran.stderr).toContain('main/shop and other/shop would both become database "shop"');
    expect(await databasesOf(target)).toEqual([]);
  });

  test('writes nothing with --dry-run', async () => {
    await using target = await startPostgresql();
    const before = await stateOf(target);
    const { outcomes } = await restoreJson(target, ['main/shop', '--dry-run']);
    expect(outcomes).toMatchObject([{ state: 'planned', database: 'shop' }]);
    expect(outcomes[0]?.steps?.map((step) => step.split(' ')[0])).toEqual([
      'roles',
      'database',
      'data',
      'supplement',
      'analyze',
    ]);
    expect(await stateOf(target)).toBe(before);
  });

  test('leaves roles that differ, and names them', async () => {
    await using target = await startPostgresql();
    await target.sql('postgres', "CREATE ROLE reader; CREATE ROLE shop_app SUPERUSER LOGIN PASSWORD 'mine'");
    const before = await stateOf(target);
    const { outcomes } = await restoreJson(target, ['main/shop'], 1);
    expect(outcomes).toMatchObject([{ state: 'failed', error: { code: 'restore/role-differs' } }]);
    expect(outcomes[0]?.error?.message).toContain('shop_app');
    expect(outcomes[0]?.error?.message).not.toContain('role "reader"');
    expect(await stateOf(target)).toBe(before);

    await restoreJson(target, ['main/shop', '--overwrite-roles']);
    expect(await target.sql('postgres', "SELECT rolsuper FROM pg_roles WHERE rolname = 'shop_app'")).toEqual([
      { rolsuper: 'f' },
    ]);
    expect(await ordersOf(target, 'shop')).toBe('501');
  });

  test('does not go onto the source by mistake', async () => {
    const before = await stateOf(source);
    const { outcomes } = await restoreJson(source, ['main/shop', '--as', 'copy'], 25);
    expect(outcomes).toMatchObject([{ state: 'failed', error: { code: 'target/is-source' } }]);
    expect(await stateOf(source)).toBe(before);
    await restoreJson(source, ['main/shop', '--as', 'copy', '--allow-source']);
    expect(await ordersOf(source, 'copy')).toBe('501');
    const exists = await restoreJson(source, ['main/shop', '--allow-source'], 1);
    expect(exists.outcomes).toMatchObject([{ error: { code: 'restore/database-exists' } }]);
    await source.sql('postgres', 'DROP DATABASE copy');
  });

  test('goes onto no declared server, and replaces no database called postgres, unless told to', async () => {
    await using production = await startPostgresql();
    await production.sql('postgres', "CREATE TYPE mood AS ENUM ('a')");
    await using own = await openWorkspace({
      servers: { main: declaredServer(source) },
      databases: { postgres: { server: 'main' } },
    });
    const main = declaredServer(source);
    await backUpAll(own);
    await own.spec({
      databases: { postgres: { server: 'main' } },
      servers: {
        main,
        production: declaredServer(production),
        gone: { engine: 'postgresql', host: '/nowhere', user: 'postgres' },
        locked: { engine: 'postgresql', host: '/nowhere', user: 'postgres', password: { env: 'NOT_HERE' } },
      },
    });
    const before = await stateOf(production);
    for (const to of ['production', url(production)]) {
      const { outcomes } = await own.json<Restored>(['restore', 'main/postgres', '--to', to], { code: 25 });
      expect(outcomes).toMatchObject([{ error: { code: 'target/is-source' } }]);
    }
    const exists = await own.json<Restored>(['restore', 'main/postgres', '--to', 'production', '--allow-source'], {
      code: 1,
    });
    expect(exists.outcomes).toMatchObject([{ error: { code: 'restore/database-exists' } }]);
    expect(await stateOf(production)).toBe(before);
    await using spare = await startPostgresql();
    const { outcomes } = await own.json<Restored>([
      'restore',
      'main/postgres',
      '--to',
      url(spare),
      '--clients',
      spare.binaries,
      '--overwrite-database',
    ]);
    expect(outcomes[0]?.notes?.[0]).toBe(
      'locked, gone did not answer, so only the name in the spec says that the target is another server',
    );
  });

  test.skipIf(majors.length < 2)('does not go onto another major version that it cannot be read by', async () => {
    const newest = majors.at(-1) ?? 0;
    await using newer = await startShop({ major: newest });
    await using target = await startPostgresql();
    await using own = await openWorkspace({
      servers: { main: declaredServer(newer) },
      databases: { shop: { server: 'main' } },
    });
    await backUpAll(own);
    const before = await stateOf(target);
    const { outcomes } = await own.json<Restored>(
      ['restore', 'main/shop', '--repository', own.repository, '--to', url(target)],
      { code: 1 },
    );
    expect(outcomes).toMatchObject([{ state: 'failed', error: { code: 'target/version' } }]);
    expect(await stateOf(target)).toBe(before);
  });

  test('refuses a password in the URL and a server that is not there', async () => {
    const shown = await workspace.backup([
      'restore',
      'main/shop',
      '--repository',
      workspace.repository,
      '--to',
      'postgresql://u:geheim@h:1',
    ]);
    expect(shown.code).toBe(20);
    expect(shown.stderr).not.toContain('geheim');
    const gone = await workspace.backup([
      'restore',
      'main/shop',
      '--repository',
      workspace.repository,
      '--to',
      'postgresql://u@%2Fnowhere',
    ]);
    expect(gone.code).toBe(1);
    expect(`${gone.stderr}${gone.stdout}`).toContain('server/unreachable');
    expect(gone.stdout).toContain('No server listens');
  });
});
