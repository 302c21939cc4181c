import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';
import { startMysqlShop } from '../../support/mysql-shop.ts';
import { declaredMysql, passwordFile } from '../../support/mysql-workspace.ts';
import { backUpAll, openWorkspace, type Ran, type Workspace } from '../../support/workspace.ts';

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

const url = ({ engine, socket }: TestMysql): string => `${engine}://root@${encodeURIComponent(socket)}`;

const databasesOf = async (on: TestMysql): Promise<readonly (string | null)[]> =>
  (
    await on.sql(
      undefined,
      "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE '%shop%' ORDER BY 1",
    )
  ).map(({ name }) => name ?? null);

const stateOf = async (on: TestMysql): Promise<string> =>
  JSON.stringify([
    await on.sql(undefined, 'SHOW DATABASES'),
    await on.sql(undefined, 'SELECT * FROM mysql.user ORDER BY User, Host'),
    await on.sql(undefined, 'SELECT * FROM mysql.db ORDER BY User, Host, Db'),
  ]);

/** What would change or refuse tables of a backup. */
const strict = {
  mysql: {
    'gtid-mode': 'ON',
    'enforce-gtid-consistency': 'ON',
    'sql-require-primary-key': 'ON',
    'sql-generate-invisible-primary-key': 'ON',
    'default-storage-engine': 'MyISAM',
  },
  mariadb: { 'default-storage-engine': 'MyISAM', 'innodb-strict-mode': 'ON' },
} as const;

describe.each(flavours)('a restore of $engine $version', (flavour) => {
  let source: TestMysql;
  let workspace: Workspace;
  let empty: string;
  const started: TestMysql[] = [];
  beforeAll(async () => {
    empty = await mkdtemp(join(tmpdir(), 'hf-empty-'));
    source = await startMysqlShop(flavour);
    await source.sql(
      'shop',
      'CREATE TABLE big (id int PRIMARY KEY, body text); INSERT INTO big SELECT id, SHA2(id, 512) FROM orders',
    );
    if (flavour.engine === 'mariadb')
      await source.sql(
        'shop',
        'CREATE SEQUENCE numbers START WITH 100; CREATE TABLE numbered (id int DEFAULT NEXTVAL(numbers), v int); INSERT INTO numbered (v) VALUES (1)',
      );
    workspace = await openWorkspace({
      servers: { main: await declaredMysql(source) },
      databases: { shop: { server: 'main' } },
    });
    await backUpAll(workspace);
  });
  afterAll(async () => {
    for (const server of [source, ...started]) await server[Symbol.asyncDispose]();
    await workspace[Symbol.asyncDispose]();
    await rm(empty, { recursive: true });
  });

  const startTarget = async (settings: Readonly<Record<string, string>> = {}): Promise<TestMysql> => {
    const target = await startMysql({ ...flavour, settings, password: 'target' });
    started.push(target);
    return target;
  };
  /** From an empty folder, with nothing but the repository's place. */
  const restore = async (to: TestMysql, args: readonly string[]): Promise<Ran> =>
    workspace.backup(
      ['restore', 'main/shop', ...args, '--repository', workspace.repository, '--to', url(to)].concat([
        '--to-password',
        `file:${await passwordFile(to)}`,
        '--clients',
        to.binaries,
      ]),
      { cwd: empty },
    );
  const restoreJson = async (to: TestMysql, args: readonly string[], code = 0): Promise<Restored> => {
    const ran = await restore(to, [...args, '--json']);
    if (ran.code !== code)
      throw new Error(`restore ${args.join(' ')} exited with ${ran.code}:\n${ran.stderr}${ran.stdout}`);
    return JSON.parse(ran.stdout) as Restored;
  };
  const ordersOf = async (on: TestMysql, database: string): Promise<string | null | undefined> =>
    (await on.sql(database, 'SELECT COUNT(*) AS n FROM orders'))[0]?.['n'];

  test('needs nothing but the repository, brings the accounts, and goes by other names too', async () => {
    const target = await startTarget({ 'event-scheduler': 'OFF' });
    expect(await restoreJson(target, [])).toMatchObject({ outcomes: [{ state: 'restored', database: 'shop' }] });
    expect(await ordersOf(target, 'shop')).toBe('500');
    const hash = "SELECT authentication_string AS hash FROM mysql.user WHERE User = 'shop_app'";
    expect(await target.sql(undefined, hash)).toEqual(await source.sql(undefined, hash));

    // Equal accounts are used as they are; the database is not touched.
    const again = await restoreJson(target, [], 1);
    expect(again.outcomes).toMatchObject([{ state: 'failed', error: { code: 'restore/database-exists' } }]);
    await target.sql('shop', 'DELETE FROM orders');
    await restoreJson(target, ['--as', 'My `shop` 2', '--jobs', '3']);
    expect(await ordersOf(target, 'My `shop` 2')).toBe('500');
    expect(await ordersOf(target, 'shop')).toBe('0');
    const grants = await target.sql(undefined, "SHOW GRANTS FOR shop_app@'%'");
    const lines = grants.map((row) => Object.values(row)[0] ?? '');
    for (const database of ['`shop`', '`My ``shop`` 2`'])
      expect(lines.filter((line) => line.includes(`INSERT ON ${database}.\`orders\``))).toHaveLength(1);
    if (flavour.engine === 'mariadb') {
      await target.sql(undefined, 'DROP DATABASE shop');
      await target.sql('My `shop` 2', 'INSERT INTO numbered (v) VALUES (2)');
      await restoreJson(target, []);
    }
    await restoreJson(target, ['--overwrite-database']);
    expect(await ordersOf(target, 'shop')).toBe('500');
    expect(await databasesOf(target)).toEqual(['My `shop` 2', 'shop']);
  });

  test('writes nothing with --dry-run', async () => {
    const target = await startTarget({ 'event-scheduler': 'OFF' });
    const before = await stateOf(target);
    const { outcomes } = await restoreJson(target, ['--dry-run']);
    expect(outcomes).toMatchObject([{ state: 'planned', database: 'shop' }]);
    expect(outcomes[0]?.steps?.map((step) => step.split(' ')[0])).toEqual([
      'roles',
      'database',
      'data',
      'supplement',
      'views',
      'grants',
      'analyze',
    ]);
    expect(await stateOf(target)).toBe(before);
  });

  test('leaves accounts that differ, and names them', async () => {
    const target = await startTarget({ 'event-scheduler': 'OFF' });
    await target.sql(undefined, "CREATE USER shop_app@'%' IDENTIFIED BY 'mine'; GRANT PROCESS ON *.* TO shop_app@'%'");
    const before = await stateOf(target);
    const { outcomes } = await restoreJson(target, [], 1);
    expect(outcomes).toMatchObject([{ state: 'failed', error: { code: 'restore/role-differs' } }]);
    expect(outcomes[0]?.error?.message).toContain('shop_app@%');
    expect(await stateOf(target)).toBe(before);

    await restoreJson(target, ['--overwrite-roles']);
    const hash = "SELECT authentication_string AS hash FROM mysql.user WHERE User = 'shop_app'";
    expect(await target.sql(undefined, hash)).toEqual(await source.sql(undefined, hash));
    expect(await ordersOf(target, 'shop')).toBe('500');
  });

  test('does not go onto the source by mistake', async () => {
    const before = await stateOf(source);
    const { outcomes } = await restoreJson(source, ['--as', 'copy'], 25);
    expect(outcomes).toMatchObject([{ state: 'failed', error: { code: 'target/is-source' } }]);
    expect(await stateOf(source)).toBe(before);
  });

  test('brings tables back as they were, whatever the target is set to', async () => {
    const target = await startMysql({
      ...flavour,
      password: 'target',
      binlog: true,
      settings: { 'event-scheduler': 'OFF', 'sql-mode': 'ANSI,TRADITIONAL', ...strict[flavour.engine] },
    });
    started.push(target);
    await target.sql(undefined, 'SET GLOBAL TRANSACTION READ ONLY');
    const { outcomes } = await restoreJson(target, []);
    expect(outcomes[0]?.notes?.join('\n')).toContain('the target has a binary log');
    const tables = (on: TestMysql): Promise<unknown> =>
      on.sql(
        'shop',
        `SELECT TABLE_NAME AS name, ENGINE AS engine, ROW_FORMAT AS format, COLUMN_NAME AS col, COLUMN_TYPE AS type, COLUMN_KEY AS k, EXTRA AS extra
         FROM information_schema.TABLES JOIN information_schema.COLUMNS USING (TABLE_SCHEMA, TABLE_NAME)
         WHERE TABLE_SCHEMA = 'shop' ORDER BY TABLE_NAME, ORDINAL_POSITION`,
      );
    expect(await tables(target)).toEqual(await tables(source));
  });

  test('names what runs from then on, and what a server would refuse', async () => {
    const target = await startTarget({ 'event-scheduler': 'ON', 'read-only': 'ON' });
    const { outcomes } = await restoreJson(target, []);
    const notes = (outcomes[0]?.notes ?? []).join('\n');
    expect(notes).toContain('the target is read-only');
    expect(notes).toContain('these events run from now on: `nightly`');
    await target.sql(
      undefined,
      "SET GLOBAL event_scheduler = OFF; DROP DATABASE shop; CREATE USER weak@localhost IDENTIFIED BY 'weak'; GRANT CREATE, DROP, SELECT, INSERT, ALTER, INDEX, LOCK TABLES, TRIGGER, EVENT, CREATE ROUTINE, CREATE VIEW, CREATE USER ON *.* TO weak@localhost WITH GRANT OPTION",
    );
    const to = url(target).replace('root@', 'weak@');
    const ran = await workspace.backup(
      ['restore', 'main/shop', '--repository', workspace.repository, '--to', to].concat([
        '--to-password',
        'env:WEAK',
        '--clients',
        target.binaries,
      ]),
      { cwd: empty, env: { WEAK: 'weak' } },
    );
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain('may not make objects in the name of');
    expect(ran.stdout).toContain('the target is read-only');
    expect(await databasesOf(target)).toEqual([]);
  });
});
