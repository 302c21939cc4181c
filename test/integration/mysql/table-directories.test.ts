import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bringBack } from '../../support/mysql-restore.ts';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';
import { giveToServers } from '../../support/template.ts';

describe.each(flavours)('files of $engine $version in directories of their own', ({ engine, version }) => {
  let outside: string;
  let source: TestMysql;
  let target: TestMysql;
  const at = (name: string): string => `DATA DIRECTORY = '${join(outside, name)}'`;
  // MySQL's target does not know them; MariaDB's would take any.
  const settings = engine === 'mysql' ? { 'symbolic-links': 'ON' } : {};
  beforeAll(async () => {
    outside = await mkdtemp(join(tmpdir(), 'hf-outside-'));
    await giveToServers(outside);
    for (const name of ['one', 'two', 'isam']) {
      await mkdir(join(outside, name));
      await giveToServers(join(outside, name));
    }
    const known = engine === 'mysql' ? { 'innodb-directories': outside } : {};
    source = await startMysql({ engine, version, settings: { ...settings, ...known } });
    target = await startMysql({ engine, version, settings });
    await source.sql(undefined, 'CREATE DATABASE placed');
    for (const statement of [
      `CREATE TABLE inno (id int PRIMARY KEY, t text COMMENT 'DATA DIRECTORY=''/no''', FULLTEXT KEY (t)) ${at('one')}`,
      'INSERT INTO inno VALUES (1, NULL)',
      `CREATE TABLE \`my\`\`isam\` (id int) ENGINE = MyISAM ${at('isam')} INDEX DIRECTORY = '${join(outside, 'isam')}'`,
      `CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id)
         (PARTITION p VALUES LESS THAN (10) ${at('one')}, PARTITION q VALUES LESS THAN MAXVALUE ${at('two')})`,
      "CREATE TABLE plain (a int) COMMENT ' DATA DIRECTORY=''/no'''",
      'CREATE TABLE plain_parts (a int) PARTITION BY HASH (a) PARTITIONS 2',
      ...(engine === 'mysql' ? [] : [`CREATE TABLE aria (id int) ENGINE = Aria TRANSACTIONAL = 0 ${at('two')}`]),
    ])
      await source.sql('placed', statement);
  });
  afterAll(async () => {
    await source[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
    await rm(outside, { recursive: true });
  });

  test('are named, and a restore makes them in the data directory of its server', async () => {
    const before = (await readdir(outside, { recursive: true })).sort();
    expect(before.join(' ')).toMatch(/inno\.ibd.*parts#p#q\.ibd/i);
    const { degradations, differences } = await bringBack(source, target, 'placed');
    expect(differences).toEqual([]);
    expect((await readdir(outside, { recursive: true })).sort()).toEqual(before);
    const named = degradations
      .filter(({ code }) => code === 'object-not-restorable')
      .map(({ subject, detail }) => `${subject}: ${detail.split(':')[0]}`);
    const slash = engine === 'mysql' ? '/' : '';
    expect(named).toEqual([
      ...(engine === 'mysql' ? [] : [`table \`aria\`: files of it lie in ${outside}/two/`]),
      `table \`inno\`: files of it lie in ${outside}/one/`,
      `table \`my\`\`isam\`: files of it lie in ${outside}/isam/`,
      `table \`parts\`: files of it lie in ${outside}/one${slash}, ${outside}/two${slash}`,
    ]);
    for (const table of ['inno', 'parts', 'my``isam']) {
      const [row] = await target.sql('placed', `SHOW CREATE TABLE \`${table}\``);
      expect(row?.['Create Table']).not.toContain(outside);
    }
    expect(await target.sql('placed', 'SELECT id FROM inno')).toEqual([{ id: '1' }]);
  });
});
