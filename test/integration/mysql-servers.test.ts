import { expect, test } from 'vitest';
import { flavours, startMysql } from '../support/mysql.ts';

test.for(flavours)('$engine $version starts as itself', async ({ engine, version }) => {
  await using server = await startMysql({ engine, version });
  const [row] = await server.sql(undefined, 'SET @a = 1; SELECT VERSION() AS version, @a AS a, NULL AS nothing');
  expect(row?.['version']).toMatch(new RegExp(`^${version.replace('.', '\\.')}\\.`));
  expect(row?.['version']?.includes('MariaDB')).toBe(engine === 'mariadb');
  expect(row).toMatchObject({ a: '1', nothing: null });
});

test.for(flavours)('scripts for $engine $version know DELIMITER and stop at their first error', async (flavour) => {
  await using server = await startMysql({ ...flavour, password: `p'a"s\\s #1` });
  await server.script(undefined, 'CREATE DATABASE kept;\nDELIMITER //\nCREATE TABLE kept.`o``ne` (id int)//\n');
  await expect(server.script('kept', 'DELETE FROM gone;\nDROP TABLE `o``ne`;\n')).rejects.toThrow("'kept.gone'");
  expect(await server.sql('kept', 'SHOW TABLES')).toEqual([{ Tables_in_kept: 'o`ne' }]);
});
