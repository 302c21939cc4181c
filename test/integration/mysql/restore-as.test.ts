import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasQualifiedHead } from '../../../src/engine/mysql/tied-triggers.ts';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';
import { declaredMysql, passwordFile } from '../../support/mysql-workspace.ts';
import { backUpAll, openWorkspace, type Ran, type Workspace } from '../../support/workspace.ts';

// MySQL writes what stands before a body anew, without the database.
describe.each(flavours.filter(({ engine }) => engine === 'mariadb'))('triggers of $engine $version', (flavour) => {
  let source: TestMysql;
  let target: TestMysql;
  let workspace: Workspace;
  beforeAll(async () => {
    source = await startMysql(flavour);
    target = await startMysql({ ...flavour, password: 'target' });
    for (const [database, name] of [
      ['tied', 'tied . counts'],
      ['free', 'counts'],
    ]) {
      await source.sql(undefined, `CREATE DATABASE ${database}`);
      await source.sql(
        database,
        `CREATE TABLE t (a int); CREATE TRIGGER ${name} BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1`,
      );
    }
    // As after a mishap: the table is there, and the trigger is not.
    await target.sql(undefined, 'CREATE DATABASE tied; CREATE TABLE tied.t (a int)');
    workspace = await openWorkspace({
      servers: { main: await declaredMysql(source) },
      databases: { tied: { server: 'main' }, free: { server: 'main' } },
    });
    await backUpAll(workspace);
  });
  afterAll(async () => {
    for (const server of [source, target]) await server?.[Symbol.asyncDispose]();
    await workspace?.[Symbol.asyncDispose]();
  });

  const restore = async (database: string, ...args: readonly string[]): Promise<Ran> =>
    workspace.backup([
      'restore',
      `main/${database}`,
      ...args,
      '--to',
      `mariadb://root@${encodeURIComponent(target.socket)}`,
      '--to-password',
      `file:${await passwordFile(target)}`,
      '--clients',
      target.binaries,
    ]);
  const triggersOn = () =>
    target.sql(
      undefined,
      "SELECT TRIGGER_SCHEMA AS place FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA <> 'sys' ORDER BY 1",
    );

  test.for(['--dry-run', '--progress=none'])(
    'that name their database are refused under another name (%s)',
    async (how) => {
      const ran = await restore('tied', '--as', 'other', how);
      expect(ran.stdout + ran.stderr).toContain('restore/name-bound');
      expect(ran.stdout + ran.stderr).toContain('trigger `counts` names the database tied');
      expect(ran.code).toBe(1);
      expect(await triggersOn()).toEqual([]);
    },
  );

  test('come back under the same name, and others under any', async () => {
    expect((await restore('free', '--as', 'other')).code).toBe(0);
    expect((await restore('tied', '--overwrite-database')).code).toBe(0);
    expect((await triggersOn()).map(({ place }) => place)).toEqual(['other', 'tied']);
  });
});

test.each([
  ['CREATE DEFINER=`a.b`@`c.d` TRIGGER `x.y` BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1', false],
  ['CREATE DEFINER=`a`@`b` TRIGGER x /* a.b */ BEFORE INSERT ON `t` FOR EACH ROW SET NEW.a = 1', false],
  ['CREATE DEFINER=`a`@`b` TRIGGER x BEFORE INSERT ON shop.t\nfor each row SET NEW.a = 1', true],
  ['CREATE DEFINER=`a`@`b` TRIGGER `shop` . x BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1', true],
  ["CREATE DEFINER=`a`@`b` TRIGGER x /* don't */ BEFORE INSERT ON t -- a.b\nFOR EACH ROW SET NEW.a = 'it'", false],
  ['CREATE DEFINER=`a`@`b` TRIGGER /*!50003 shop.*/x BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1', true],
  ['something else', true],
])('%s', (statement, expected) => expect(hasQualifiedHead(statement)).toBe(expected));
