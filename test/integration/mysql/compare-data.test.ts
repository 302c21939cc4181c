import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mintOpenServer, type OpenServer } from '../../../src/engine/clean-server.ts';
import type { DataCheck, Engine, RestoreRequest } from '../../../src/engine/engine.ts';
import { mysql } from '../../../src/engine/mysql/mysql.ts';
import { compareFacts } from '../../../src/manifest/compare-facts.ts';
import { captureInto, type KeptCapture } from '../../support/capture.ts';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';
import { described, restoreRequest } from '../../support/restore.ts';

const tables = [
  'SET NAMES utf8mb4',
  'CREATE TABLE keyed (id int PRIMARY KEY, text longtext, bytes longblob)',
  `INSERT INTO keyed VALUES (1, 'it''s (1,2),(3,4); -- \\\\ "\\n', x'00275C0A28'), (2, REPEAT('ü(''\\\\', 60000), REPEAT(x'00', 100000)), (3, NULL, '')`,
  'CREATE TABLE heap (a int, b varchar(20))',
  "INSERT INTO heap VALUES (1, 'one'), (1, 'one'), (2, '),('), (3, NULL), (NULL, '')",
  'CREATE TABLE numbers (id int PRIMARY KEY, d double, f float)',
  'INSERT INTO numbers VALUES (1, 0.1, 0.1), (2, 0, 16777216), (3, 1e300, NULL)',
  'CREATE TABLE nothing (a int)',
];

describe.each(flavours)('rows of $engine $version', ({ engine: name, version }) => {
  const engine: Engine = mysql(name);
  let server: TestMysql;
  let capture: KeptCapture;
  let request: RestoreRequest;
  const onto = (): OpenServer => mintOpenServer(server.access('target'));
  beforeAll(async () => {
    server = await startMysql({ engine: name, version });
    await server.sql(undefined, 'CREATE DATABASE rows_ CHARACTER SET utf8mb4');
    await server.sql('rows_', tables.join(';\n'));
    capture = await captureInto(server.access('source'), 'rows_', { engine, dump: { serverHashes: true } });
    request = { ...restoreRequest(capture, 'rows_'), as: 'restored' };
  });
  afterAll(async () => {
    await capture?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await server.sql(undefined, 'DROP DATABASE IF EXISTS restored');
    await server.sql(undefined, 'CREATE DATABASE restored CHARACTER SET utf8mb4');
    await server.sql('restored', tables.join(';\n'));
  });
  const compare = (jobs = 2): Promise<readonly DataCheck[]> =>
    engine.compareData(onto(), 'restored', request.contents, {
      jobs,
      dumpDirectory: join(capture.directory, 'dump'),
      signal: new AbortController().signal,
    });
  const of = async (table: string): Promise<DataCheck | undefined> =>
    (await compare()).find(({ subject }) => subject === `\`${table}\``);
  const strict = async (): Promise<readonly string[]> =>
    described(
      compareFacts(
        request.contents.inventory,
        await engine.inventory(onto(), 'restored', request.contents),
        engine.comparison,
      ),
    ).filter((line) => line.startsWith('strict'));

  test('are equal by their statements, with any number of dumps at a time', async () => {
    for (const jobs of [1, 3, 50]) {
      const checks = await compare(jobs);
      expect(checks.map(({ subject }) => subject)).toEqual(['`heap`', '`keyed`', '`nothing`', '`numbers`']);
      for (const check of checks)
        expect(check).toMatchObject({ equal: true, method: 'dump-digest', detail: undefined });
    }
    expect(await strict()).toEqual([]);
  });

  test('are equal in another order, where a table has no key', async () => {
    await server.sql('restored', "DELETE FROM heap WHERE b = '),('; INSERT INTO heap VALUES (2, '),(')");
    expect(await of('heap')).toMatchObject({
      equal: true,
      method: 'order-free',
      detail: 'the same rows in another order',
    });
    expect(await strict()).toEqual([]);
  });

  test.each([
    ['another value in a table without a key', 'heap', "UPDATE heap SET b = '),((' WHERE a = 2"],
    ['a value in another row', 'heap', 'UPDATE heap SET a = CASE a WHEN 2 THEN 3 WHEN 3 THEN 2 ELSE a END'],
    ['another row twice', 'heap', 'DELETE FROM heap WHERE a = 1 LIMIT 1; INSERT INTO heap VALUES (3, NULL)'],
    ['one byte of a long value', 'keyed', "UPDATE keyed SET bytes = CONCAT(LEFT(bytes, 99999), x'01') WHERE id = 2"],
    ['an empty value for none', 'keyed', "UPDATE keyed SET text = '' WHERE id = 3"],
    ['another number', 'numbers', 'UPDATE numbers SET d = 0.10000000000000002 WHERE id = 1'],
  ])('%s is told', async (_, table, sql) => {
    await server.sql('restored', sql);
    expect(await of(table)).toMatchObject({ equal: false, detail: 'as many rows, but other content' });
    expect(await strict()).toEqual([
      `strict rows-hash \`${table}\` hash`,
      ...(table === 'numbers' ? ['strict rows-hash `numbers` roundedHash'] : []),
    ]);
  });

  test('a row too few and one too many are told', async () => {
    await server.sql('restored', 'DELETE FROM keyed WHERE id = 3; INSERT INTO nothing VALUES (NULL)');
    expect(await of('keyed')).toMatchObject({
      equal: false,
      expectedRows: 3,
      actualRows: 2,
      detail: 'another number of rows',
    });
    expect(await of('nothing')).toMatchObject({ equal: false, expectedRows: 0, actualRows: 1 });
  });

  test('a table that is not there is told', async () => {
    await server.sql('restored', 'DROP TABLE numbers');
    expect(await of('numbers')).toMatchObject({ equal: false, actualRows: null, detail: 'the table is not there' });
    expect(await of('keyed')).toMatchObject({ equal: true });
  });
});
