import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { nastyMysqlDatabase, startNastyMysql } from '../support/mysql-nasty.ts';
import { flavours, startMysql } from '../support/mysql.ts';

test.for(flavours)('$engine $version starts as itself', async ({ engine, version }) => {
  await using server = await startMysql({ engine, version });
  const [row] = await server.sql(undefined, 'SET @a = 1; SELECT VERSION() AS version, @a AS a, NULL AS nothing');
  expect(row?.['version']).toMatch(new RegExp(`^${version.replace('.', '\\.')}\\.`));
  expect(row?.['version']?.includes('MariaDB')).toBe(engine === 'mariadb');
  expect(row).toMatchObject({ a: '1', nothing: null });
  const roots = await server.sql('mysql', "SELECT host AS host FROM user WHERE user = 'root'");
  expect(roots).toEqual([{ host: 'localhost' }]);
});

test.for(flavours)('scripts for $engine $version know DELIMITER and stop at their first error', async (flavour) => {
  await using server = await startMysql({ ...flavour, password: `p'a"s\\s #1` });
  await server.script(undefined, 'CREATE DATABASE kept;\nDELIMITER //\nCREATE TABLE kept.`o``ne` (id int)//\n');
  await expect(server.script('kept', 'DELETE FROM gone;\nDROP TABLE `o``ne`;\n')).rejects.toThrow("'kept.gone'");
  expect(await server.sql('kept', 'SHOW TABLES')).toEqual([{ Tables_in_kept: 'o`ne' }]);
});

test.for(flavours)('$engine $version holds every nasty case', async (flavour) => {
  await using server = await startNastyMysql(flavour);
  const [objects] = await server.sql(
    'information_schema',
    `SET @db = '${nastyMysqlDatabase}';
     SELECT (SELECT COUNT(*) FROM views WHERE table_schema = @db) AS views,
            (SELECT COUNT(*) FROM triggers WHERE trigger_schema = @db) AS triggers,
            (SELECT COUNT(*) FROM events WHERE event_schema = @db) AS events`,
  );
  const views = flavour.engine === 'mariadb' ? '7' : '6';
  expect(objects).toEqual({ views, triggers: '4', events: '3' });
  const rows = await server.sql(nastyMysqlDatabase, 'SELECT id, name FROM customers WHERE id < 2 ORDER BY id');
  expect(rows).toEqual([
    { id: '0', name: 'number zero' },
    { id: '1', name: "😀 emoji\n\\tab\t'" },
  ]);
});

test.for(flavours)(
  '$engine $version listens on TCP, writes a binary log and takes settings where asked',
  async (flavour) => {
    await using one = await startMysql({ ...flavour, tcp: true, binlog: true, settings: { 'max-connections': '17' } });
    await using two = await startMysql({ ...flavour, tcp: true });
    const ask = 'SELECT @@port AS port, @@log_bin AS log, @@max_connections = 17 AS counted';
    expect(await one.sql(undefined, ask)).toEqual([{ port: String(one.port), log: '1', counted: '1' }]);
    expect(await two.sql(undefined, ask)).toEqual([{ port: String(two.port), log: '0', counted: '0' }]);
    await one.stop();
    await expect(one.sql(undefined, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED|ENOENT/);
  },
);

test.for(flavours)('$engine $version holds what no dump can carry', async (flavour) => {
  await using server = await startMysql(flavour);
  for (const name of ['undumpable', 'named-time-zone']) {
    await server.script(undefined, { file: fileURLToPath(new URL(`../fixtures/mysql/${name}.sql`, import.meta.url)) });
  }
  await expect(server.sql('broken_view', 'SELECT * FROM v')).rejects.toThrow('references invalid table');
  const zones = await server.sql('information_schema', "SELECT time_zone FROM events WHERE event_schema = 'zones'");
  expect(Object.values(zones[0] ?? {})).toEqual(['Europe/Berlin']);
});

test('a killed test run leaves no MariaDB server', async () => {
  const program = fileURLToPath(new URL('../fixtures/programs/holds-a-mysql-server.ts', import.meta.url));
  const holder = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [directory] = (await once(createInterface({ input: holder.stdout }), 'line')) as [string];
  expect((await stat(directory)).isDirectory()).toBe(true);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await expect.poll(() => stat(directory).catch(String)).toMatch('ENOENT');
});
