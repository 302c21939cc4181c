import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proveEntry } from '../../../src/engine/prove-entry.ts';
import { fileChunks } from '../../../src/codec/file-chunks.ts';
import { captureIn, captureMysql, openMysqlBracket } from '../../support/capture-mysql.ts';
import { nastyMysqlDatabase, startNastyMysql } from '../../support/mysql-nasty.ts';
import { flavours, type TestMysql } from '../../support/mysql.ts';
import { join } from 'node:path';

/** The nasty accounts have privileges on every database, which is named, too. */
const isOfTables = ({ code }: { readonly code: string }): boolean => code !== 'global-grant';

describe.each(flavours)('$engine $version', (flavour) => {
  let server: TestMysql;
  beforeAll(async () => {
    server = await startNastyMysql({ ...flavour, binlog: true });
    await server.sql(undefined, 'CREATE DATABASE shop');
    await server.sql(
      'shop',
      `CREATE TABLE orders (id int PRIMARY KEY, note varchar(100), INDEX (note));
       INSERT INTO orders SELECT a.n * 100 + b.n * 10 + c.n, CONCAT('it''s \\\\ (', a.n, '), ', RAND()) FROM
         (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) a,
         (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) b,
         (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) c;
       CREATE TABLE lines_of (a int, orders_id int, FOREIGN KEY (orders_id) REFERENCES orders (id));
       INSERT INTO lines_of VALUES (1, 1), (2, 2);
       CREATE TABLE hollow (a int PRIMARY KEY);
       CREATE VIEW open_orders AS SELECT id FROM orders`,
    );
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('every table of the nasty database is captured once, and proven again as it is stored', async () => {
    await using capture = await captureMysql(server, nastyMysqlDatabase, { dump: { jobs: 3 } });
    const { captured } = capture;
    const tables = await server.sql(
      undefined,
      `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${nastyMysqlDatabase}' AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')`,
    );
    const quoted = tables.map(({ name }) => `\`${name?.replaceAll('`', '``')}\``).sort();
    const entries = captured.entries.filter(({ kind }) => kind === 'table-data');
    expect(entries.map(({ subject }) => subject).sort()).toEqual(quoted);
    const files = captured.entries.filter(({ kind }) => kind === 'table-data' || kind === 'dump-section');
    for (const entry of files) {
      const part = { object: '', offset: 0, length: 1, storedSha256: '', codec: 'zstd' as const };
      const stored = fileChunks(join(capture.directory, 'dump', entry.file));
      expect(await proveEntry('insert-text')({ ...entry, parts: [part] }, stored)).toEqual([]);
    }
    expect(captured.steps.map(({ phase }) => phase)).toEqual([
      'roles',
      'database',
      'data',
      'supplement',
      'views',
      'grants',
      'analyze',
    ]);
    expect(captured.snapshot.position).toMatch(/^binlog\.\d+:\d+/);
    expect(captured.source).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string,
      bootstrapRole: 'root',
    });
    expect(captured.clients).toEqual([
      { program: flavour.engine === 'mysql' ? 'mysqldump' : 'mariadb-dump', version: expect.any(String) as string },
    ]);
  });

  test('settings, sequences, routines and events are sections in the order in which they are replayed', async () => {
    await using capture = await captureMysql(server, nastyMysqlDatabase);
    const files = capture.captured.entries
      .filter(({ kind }) => kind === 'table-data' || kind === 'dump-section')
      .map(({ file, kind, subject }) => [file, kind, subject]);
    expect(files.map(([file]) => file)).toEqual(files.map(([file]) => file).sort());
    expect(files[0]).toEqual(['000000.sql.zst', 'dump-section', 'session settings']);
    expect(files.at(-1)?.slice(1)).toEqual(['dump-section', 'events and routines']);
    const settings = await capture.dumped('session settings');
    expect(settings).toContain('SET NAMES utf8mb4');
    expect(settings).not.toContain('GET_LOCK');
    expect(await capture.dumped('events and routines')).toMatch(/-- Dump completed\n$/);
    const all = await Promise.all(files.map(([file = '']) => capture.dumped(file)));
    expect(all.join('')).toContain('CREATE DEFINER');
    expect(await capture.text('views')).toMatch(/Final view structure/);
  });

  test('one bracket captures several databases, in any order, each once', async () => {
    const databases = [nastyMysqlDatabase, 'shop'];
    await using bracket = await openMysqlBracket(server, databases);
    await using shop = await captureIn(bracket, { server, database: 'shop' });
    await using nasty = await captureIn(bracket, { server, database: nastyMysqlDatabase });
    expect(shop.captured.snapshot).toEqual(nasty.captured.snapshot);
    expect(shop.captured.entries.find(({ subject }) => subject === '`orders`')?.rows).toBe(500);
    await expect(captureIn(bracket, { server, database: 'shop' })).rejects.toMatchObject({ code: 'capture/refused' });
  });

  test('a database of the bracket that does not exist hinders no other', async () => {
    await using bracket = await openMysqlBracket(server, ['gone', 'shop']);
    await expect(captureIn(bracket, { server, database: 'gone' })).rejects.toMatchObject({ code: 'source/connect' });
    await using shop = await captureIn(bracket, { server, database: 'shop' });
    expect(shop.captured.degradations.filter(isOfTables)).toEqual([]);
  });

  test.each(['none', 'gzip', 'zstd'] as const)('the policy chooses the compression %s', async (codec) => {
    const compression = codec === 'none' ? { codec } : { codec, level: 1 };
    await using capture = await captureMysql(server, 'shop', { dump: { compression } });
    const suffix = { none: '.sql', gzip: '.sql.gz', zstd: '.sql.zst' }[codec];
    expect(capture.captured.entries.find(({ subject }) => subject === '`orders`')?.file).toMatch(
      new RegExp(`^\\d{6}${suffix.replaceAll('.', '\\.')}$`),
    );
    expect(await capture.dumped('`lines_of`')).toContain('INSERT INTO `lines_of` VALUES');
  });

  test('an empty database is a backup too', async () => {
    await server.sql(undefined, 'CREATE DATABASE IF NOT EXISTS nothing');
    await using capture = await captureMysql(server, 'nothing');
    expect(capture.captured.entries.filter(({ kind }) => kind === 'table-data')).toEqual([]);
    expect(await capture.dumped('events and routines')).toMatch(/-- Dump completed\n$/);
  });

  test('excluded tables and rows are left out and named, with what needs them', async () => {
    await using capture = await captureMysql(server, 'shop', {
      dump: { excludeTables: ['ord?rs'], excludeTableData: ['lines*'] },
    });
    const { entries, inventory, degradations } = capture.captured;
    expect(entries.filter(({ kind }) => kind === 'table-data').map(({ subject }) => subject)).toEqual(['`hollow`']);
    const structure = await capture.dumped('`lines_of`');
    expect(structure).toContain('CREATE TABLE `lines_of`');
    expect(structure).not.toContain('INSERT INTO');
    expect(inventory.filter(({ name }) => name.startsWith('`orders`'))).toEqual([]);
    expect(degradations.filter(isOfTables)).toEqual([
      { code: 'table-excluded', subject: '`orders`', detail: expect.any(String) as string },
      {
        code: 'object-not-restorable',
        subject: '`orders`',
        detail: expect.stringMatching(/foreign key .* of `lines_of`.*view `open_orders`/) as string,
      },
      { code: 'table-data-excluded', subject: '`lines_of`', detail: expect.any(String) as string },
    ]);
  });
});
