import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, test } from 'vitest';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';
import { nastyMysqlDatabase, startNastyMysql } from '../../support/mysql-nasty.ts';
import { shopPassword, startMysqlShop } from '../../support/mysql-shop.ts';
import { declaredMysql } from '../../support/mysql-workspace.ts';
import { backUpAll, openWorkspace } from '../../support/workspace.ts';

const directories: string[] = [];

afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

async function temporaryDirectory(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-by-hand-')));
  directories.push(directory);
  return directory;
}

describe.each(flavours)('the commands of docs/design.md, $engine $version', (flavour) => {
  test('restore a stored backup with accounts, privileges, code and rows', async () => {
    await using source = await startMysqlShop(flavour);
    // Incompressible and large enough to be an object of its own: otherwise one of the two ways of storing files would not be
    // tried.
    await source.sql(
      'shop',
      'CREATE TABLE big (id int PRIMARY KEY, body varchar(64)); INSERT INTO big WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, SHA2(i, 256) FROM n; INSERT INTO big SELECT id + 1000, SHA2(id + 1000, 256) FROM big; INSERT INTO big SELECT id + 2000, SHA2(id + 2000, 256) FROM big',
    );
    await using target = await restoredByHand(source, 'shop', ['dump']);
    const both = async (sql: string): Promise<void> =>
      expect(await target.sql('shop', sql)).toEqual(await source.sql('shop', sql));
    await both("SELECT COUNT(*) AS n, SUM(CRC32(CONCAT_WS('|', id, customer, note))) AS sum FROM orders");
    await both('SELECT COUNT(*) AS n, SUM(CRC32(body)) AS sum FROM big');
    await both("SHOW GRANTS FOR shop_app@'%'");
    await both("SELECT authentication_string AS hash FROM mysql.user WHERE User = 'shop_app'");
    await both('SHOW CREATE PROCEDURE tidy');
    await both(
      'SELECT TABLE_NAME, DEFINER, VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()',
    );
    await both(
      'SELECT TRIGGER_NAME, DEFINER, ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()',
    );
    await both('SELECT EVENT_NAME, STATUS, STARTS FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()');
    expect(await loginAs(target, shopPassword)).toBe('500');
  });

  test('restore everything that has ever broken a backup', async () => {
    await using source = await startNastyMysql(flavour);
    await using target = await restoredByHand(source, nastyMysqlDatabase, []);
    const both = async (sql: string): Promise<void> =>
      expect(await target.sql(nastyMysqlDatabase, sql)).toEqual(await source.sql(nastyMysqlDatabase, sql));
    await both('SHOW FULL TABLES');
    await both(
      'SELECT ROUTINE_NAME, ROUTINE_TYPE, DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() ORDER BY 1, 2',
    );
    await both(
      'SELECT TRIGGER_NAME, ACTION_ORDER, DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY 1',
    );
    await both(
      'SELECT GRANTEE, TABLE_NAME, PRIVILEGE_TYPE FROM information_schema.TABLE_PRIVILEGES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1, 2, 3',
    );
    await both(
      'SELECT GRANTEE, COLUMN_NAME, PRIVILEGE_TYPE FROM information_schema.COLUMN_PRIVILEGES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1, 2, 3',
    );
    // Without the sign of a negative zero, which dump programs lose.
    await both(
      'SELECT id, name, HEX(flags) AS flags, extra, HEX(place) AS place, HEX(token) AS token, price, ratio, ABS(exact) AS exact, seen, changed, kind, sizes, twice, loud, hidden, reference FROM customers ORDER BY id',
    );
  });
});

/**
 * A new server with what the commands made of a backup of this database. `folders` are what the stored backup has besides its
 * files.
 */
async function restoredByHand(source: TestMysql, database: string, folders: readonly string[]): Promise<TestMysql> {
  await using workspace = await openWorkspace({
    servers: { wfdb02: await declaredMysql(source) },
    databases: { one: { server: 'wfdb02', database } },
  });
  await backUpAll(workspace);
  const { repository } = workspace;
  const [id = '', ...more] = await readdir(join(repository, 'data'));
  expect(more).toEqual([]);
  const stored = await readdir(join(repository, 'data', id), { withFileTypes: true });
  expect(stored.filter((entry) => entry.isDirectory()).map(({ name }) => name)).toEqual(folders);
  const target = await startMysql({ ...source, settings: serverSettings(source) });
  try {
    const home = await temporaryDirectory();
    await writeFile(
      join(home, '.my.cnf'),
      `[client]\nuser=root\npassword=${target.password}\nsocket=${target.socket}\n`,
      { mode: 0o600 },
    );
    const places = {
      repository,
      id,
      restore: join(home, 'restore'),
      manifests: (await readdir(join(repository, 'manifests/wfdb02')))[0] ?? '',
    };
    await execa('bash', ['-euo', 'pipefail', '-c', await commandsOf(target, database, places)], {
      extendEnv: false,
      env: { PATH: `${await clientsOf(target, home)}:${process.env['PATH'] ?? ''}`, HOME: home, LC_ALL: 'C.UTF-8' },
    });
    return target;
  } catch (error) {
    await target[Symbol.asyncDispose]();
    throw error;
  }
}

/** A folder with the vendor's programs alone: a test's server brings a shell of its own, which does not run here. */
async function clientsOf({ binaries }: TestMysql, home: string): Promise<string> {
  const folder = join(home, 'bin');
  await mkdir(folder);
  for (const name of await readdir(binaries))
    if (/^(mysql|mariadb)(-?check)?$/.test(name)) await symlink(join(binaries, name), join(folder, name));
  return folder;
}

/** What the section says that has to be alike, and what has to be off. */
const serverSettings = ({ engine }: TestMysql): Readonly<Record<string, string>> => ({
  'event-scheduler': 'OFF',
  ...(engine === 'mysql' ? { 'partial-revokes': 'ON' } : { 'plugin-load-add': 'auth_ed25519' }),
});

interface Places {
  readonly repository: string;
  readonly id: string;
  readonly restore: string;
  /** Folder of the database's manifests. */
  readonly manifests: string;
}

/** The fenced shell of the section, with the places, names and programs of its example replaced by real ones. */
async function commandsOf({ engine }: TestMysql, database: string, places: Places): Promise<string> {
  const text = await readFile(new URL('../../../docs/design.md', import.meta.url), 'utf8');
  const section = /^## Restoring MySQL and MariaDB by hand$([^]*?)^## /m.exec(text)?.[1] ?? '';
  const shell = [...section.matchAll(/^```sh$([^]*?)^```$/gm)].map(([, block]) => block).join('\n');
  expect(shell).toContain('--binary-mode');
  const name = `'${database.replaceAll("'", "'\\''")}'`;
  const generic = shell
    .replaceAll('/srv/backups', places.repository)
    .replaceAll(/\d{8}T\d{6}Z-[0-9a-f]{8}/g, places.id)
    .replace(/\| less$/m, '> /dev/null')
    .replaceAll('/tmp/restore', places.restore)
    .replaceAll('manifests/wfdb02/botpress_db', `manifests/wfdb02/${places.manifests}`)
    .replaceAll('--database=botpress_db', `--database=${name}`)
    .replaceAll('--analyze botpress_db', `--analyze ${name}`);
  return engine === 'mysql'
    ? generic
    : generic.replace("client='mysql ", "client='mariadb ").replace(/^mysqlcheck /m, 'mariadb-check ');
}

/** What an account of the backup reads with its old password. */
async function loginAs(target: TestMysql, password: string): Promise<string> {
  const { stdout } = await execa(
    join(target.binaries, target.engine === 'mysql' ? 'mysql' : 'mariadb'),
    ['--no-defaults', '--user=shop_app', `--socket=${target.socket}`, '-BN', '-e', 'SELECT COUNT(*) FROM shop.orders'],
    { extendEnv: false, env: { MYSQL_PWD: password } },
  );
  return stdout;
}
