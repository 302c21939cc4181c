import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { Secret } from '../../../src/base/secret.ts';
import { readAccess, restoredAccess, type Access } from '../../../src/engine/mysql/access.ts';
import { loadPlugins } from '../../../src/engine/mysql/account-plugins.ts';
import { accountsSql, accountsText } from '../../../src/engine/mysql/accounts-sql.ts';
import { flavours as vendors } from '../../../src/engine/mysql/flavour.ts';
import { openSession } from '../../../src/engine/mysql/session.ts';
import type { Contents, Holds } from '../../../src/manifest/manifest.ts';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';
import { nastyMysqlDatabase as database, startNastyMysql } from '../../support/mysql-nasty.ts';

const holds: Holds = {
  roles: 'referenced',
  passwords: 'hashes',
  include: [],
  exclude: [],
  excludedTables: [],
  excludedTableData: [],
};
const digestKey = new Secret('key');

describe.each(flavours)('accounts of $engine $version', ({ engine, version }) => {
  const flavour = vendors[engine];
  const settings = engine === 'mysql' ? { 'partial-revokes': 'ON' } : {};
  let source: TestMysql;
  let target: TestMysql;
  beforeAll(async () => {
    source = await startNastyMysql({ engine, version, settings });
    target = await startMysql({ engine, version, settings });
  });
  afterAll(async () => {
    await source[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  });

  const accessOf = async (server: TestMysql, changed: Partial<Holds>): Promise<Access> => {
    await using session = await openSession(server.access(), flavour);
    return await readAccess(session, flavour, { database, holds: { ...holds, ...changed }, digestKey });
  };
  const run = async (server: TestMysql, statements: readonly string[]): Promise<void> => {
    await using session = await openSession(server.access(), flavour);
    for (const sql of statements) {
      try {
        await session.run(sql);
      } catch (error) {
        throw new Error(`${sql}: ${String(error)}`, { cause: error });
      }
    }
  };

  const prepare = async (server: TestMysql, { facts }: Access): Promise<void> => {
    await using session = await openSession(server.access(), flavour);
    await loadPlugins(session, facts);
  };

  test('come back on a clean server as they were, by the statements and by the script', async () => {
    const access = await accessOf(source, { roles: 'all' });
    const options = { flavour, database, literalNames: engine === 'mysql', passwords: 'hashes' } as const;
    const { pre, post } = accountsSql(access.facts, options);
    await prepare(target, access);
    await run(target, pre);
    await copyStructure(source, target, 'tables');
    await run(target, post);
    await copyStructure(source, target, 'views');
    await run(target, post);
    const contents = { inventory: access.facts } as unknown as Contents;
    await using session = await openSession(target.access(), flavour);
    expect(await restoredAccess(session, flavour, { database, contents })).toStrictEqual(access.facts);
    const script = accountsText(access.facts, options);
    await target.script(undefined, script.pre);
    await target.script(undefined, script.post);
    expect(await restoredAccess(session, flavour, { database, contents })).toStrictEqual(access.facts);
  });
});

/** The database without rows, in two parts: views need what is granted on routines. */
async function copyStructure(from: TestMysql, to: TestMysql, part: 'tables' | 'views'): Promise<void> {
  const views = await from.sql(
    undefined,
    `SELECT TABLE_NAME AS name FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '${database}'`,
  );
  const names = views.map(({ name }) => name ?? '');
  if (part === 'tables') await to.sql(undefined, `CREATE DATABASE \`${database.replaceAll('`', '``')}\``);
  const { stdout } = await execa(
    join(from.binaries, from.engine === 'mysql' ? 'mysqldump' : 'mariadb-dump'),
    [
      '--no-defaults',
      `--socket=${from.socket}`,
      '--user=root',
      '--no-data',
      '--skip-triggers',
      '--skip-lock-tables',
      ...(from.engine === 'mysql' ? ['--set-gtid-purged=OFF'] : []),
      ...(part === 'views' ? [] : ['--routines', ...names.map((name) => `--ignore-table=${database}.${name}`)]),
      database,
      ...(part === 'views' ? names : []),
    ],
    { env: { MYSQL_PWD: from.password } },
  );
  await to.script(database, stdout);
}
