import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OperationError } from '../../src/base/operation-error.ts';
import { captureIn, captureMysql, openMysqlBracket, type MysqlCaptureWish } from '../support/capture-mysql.ts';
import { flavours, startMysql, type TestMysql } from '../support/mysql.ts';
import { stubMysql } from '../support/stub-mysql.ts';

/** What must come of each lie. Every one is a dump that an exit code, a trailer or an import lets pass. */
const faults = [
  { how: 'truncates', code: 'dump/truncated' },
  { how: 'cuts-at-statement', code: 'dump/truncated' },
  { how: 'loses-trigger', code: 'dump/entry-missing' },
  { how: 'loses-routine', code: 'dump/entry-missing' },
  { how: 'drops-row', code: 'dump/count-mismatch' },
  { how: 'loses-table', code: 'dump/entry-missing' },
  { how: 'repeats-table', code: 'dump/entry-missing' },
  { how: 'adds-table', code: 'dump/entry-missing' },
  { how: 'writes-nothing', code: 'dump/truncated' },
  { how: 'dies', code: 'dump/failed' },
  { how: 'warns', code: 'dump/failed' },
  { how: 'exits-1', code: 'dump/failed' },
  { how: 'claims-other', code: 'client/missing' },
] as const;

describe.each(flavours)('$engine $version', (flavour) => {
  let server: TestMysql;
  beforeAll(async () => {
    server = await startMysql(flavour);
    await server.sql(undefined, 'CREATE DATABASE shop');
    await server.sql(
      'shop',
      `CREATE TABLE digits (d int PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
       CREATE TABLE orders (id int PRIMARY KEY, note varchar(100));
       INSERT INTO orders SELECT a.d * 100 + b.d * 10 + c.d, 'canary row' FROM digits a, digits b, digits c;
       CREATE TABLE small (a int); INSERT INTO small VALUES (1), (2);
       CREATE TRIGGER tr BEFORE INSERT ON small FOR EACH ROW SET NEW.a = NEW.a + 1;
       CREATE PROCEDURE p() SELECT 1;
       CREATE TABLE bulk (id int AUTO_INCREMENT PRIMARY KEY, filler longtext);
       INSERT INTO bulk (filler) VALUES (REPEAT('x', 1000000)); ${'INSERT INTO bulk (filler) SELECT filler FROM bulk;'.repeat(5)}`,
    );
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const failureOf = async (wish: MysqlCaptureWish): Promise<unknown> => {
    try {
      await using _ = await captureMysql(server, 'shop', wish);
      return undefined;
    } catch (error) {
      return error;
    }
  };

  test.for(faults)('a dump program that $how ends in $code', async ({ how, code }) => {
    await using clients = await stubMysql(how, server);
    const failure = await failureOf({
      access: { clients: clients.folder },
      dump: { excludeTables: ['bulk'], jobs: 1 },
    });
    expect(failure).toBeInstanceOf(OperationError);
    expect(failure).toMatchObject({ code });
    expect(JSON.stringify([String(failure), (failure as OperationError).hint])).not.toContain('canary row');
  });

  test('the same program unchanged is a backup', async () => {
    await using clients = await stubMysql('real', server);
    await using capture = await captureMysql(server, 'shop', { access: { clients: clients.folder } });
    const rows = capture.captured.entries.map(({ subject, rows: count }) => [subject, count]);
    expect(rows).toEqual(
      expect.arrayContaining([
        ['`orders`', 1000],
        ['`small`', 2],
        ['`bulk`', 32],
      ]),
    );
  });

  test('an event with the delimiter of dumps in its body is refused where a dump of it would never end', async () => {
    await server.script(
      undefined,
      "CREATE DATABASE often;\nDELIMITER //\nCREATE EVENT often.`a``b` ON SCHEDULE EVERY 1 YEAR DISABLE DO SET @a = ';;'//\nDELIMITER ;\n",
    );
    const outcome = await captureMysql(server, 'often', { signal: AbortSignal.timeout(120_000) }).then(
      async (capture) => {
        await using kept = capture;
        return await kept.dumped('events and routines');
      },
      (error: unknown) => `${(error as OperationError).code}: ${(error as OperationError).message}`,
    );
    expect(outcome).toMatch(flavour.version === '11.8' ? "SET @a = ';;'" : /^capture\/refused: .*event `a``b`/);
  });

  /** Connection of the dump once it stands still in the large table, which comes first, because nobody reads it yet. */
  const standing = async (): Promise<string> => {
    const find = async (): Promise<string> => {
      const [row] = await server.sql(
        undefined,
        "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT %SQL_NO_CACHE% FROM `bulk`%' AND ID <> CONNECTION_ID()",
      );
      return row?.['id'] ?? '';
    };
    await expect.poll(find).not.toBe('');
    return find();
  };

  test('a table that is dropped while the dump runs makes it fail, and another try may do', async () => {
    await server.sql('shop', 'CREATE TABLE later (a int); INSERT INTO later VALUES (1)');
    await using bracket = await openMysqlBracket(server, ['shop'], { dump: { jobs: 1 } });
    await standing();
    await server.sql('shop', 'DROP TABLE later');
    await expect(captureIn(bracket, { server, database: 'shop' })).rejects.toMatchObject({
      code: 'source/changed',
      transient: true,
    });
    await using again = await captureMysql(server, 'shop');
    expect(again.captured.entries.map(({ subject }) => subject)).not.toContain('`later`');
  });

  test('a table that is altered while the dump runs makes it fail', async () => {
    await using bracket = await openMysqlBracket(server, ['shop'], { dump: { jobs: 1 } });
    await standing();
    await server.sql('shop', 'ALTER TABLE small ADD COLUMN b int');
    await expect(captureIn(bracket, { server, database: 'shop' })).rejects.toMatchObject({
      code: 'source/changed',
      transient: true,
    });
    await server.sql('shop', 'ALTER TABLE small DROP COLUMN b');
  });

  test('a connection of a dump that the server ends is worth another try', async () => {
    await using bracket = await openMysqlBracket(server, ['shop'], { dump: { jobs: 1 } });
    await server.sql(undefined, `KILL ${await standing()}`);
    await expect(captureIn(bracket, { server, database: 'shop' })).rejects.toMatchObject({
      code: 'source/connect',
      transient: true,
    });
  });

  test('a server that dies under the dump is worth another try', async () => {
    await using mortal = await startMysql(flavour);
    await mortal.sql(
      undefined,
      `CREATE DATABASE shop; CREATE TABLE shop.bulk (id int AUTO_INCREMENT PRIMARY KEY, filler longtext);
       INSERT INTO shop.bulk (filler) VALUES (REPEAT('x', 1000000)); ${'INSERT INTO shop.bulk (filler) SELECT filler FROM shop.bulk;'.repeat(5)}`,
    );
    await using bracket = await openMysqlBracket(mortal, ['shop']);
    await mortal.stop('immediate');
    await expect(captureIn(bracket, { server: mortal, database: 'shop' })).rejects.toMatchObject({
      code: 'source/connect',
      transient: true,
    });
  });

  test.runIf(process.getuid?.() === 0)('a full scratch directory is red and says so', async () => {
    const disk = await mkdtemp(join(tmpdir(), 'hfdisk'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    try {
      await using bracket = await openMysqlBracket(server, ['shop'], { dump: { compression: { codec: 'none' } } });
      const outcome = captureIn(bracket, {
        server,
        database: 'shop',
        wish: { dump: { compression: { codec: 'none' } } },
        within: disk,
      });
      await expect(outcome).rejects.toMatchObject({
        code: 'dump/failed',
        message: 'no space is left where the dump is written',
      });
    } finally {
      execFileSync('umount', ['-l', disk]);
      await rm(disk, { recursive: true });
    }
  });
});

test('a program of before the sandbox mode is refused', async () => {
  const [flavour] = flavours.filter(({ version }) => version === '10.11');
  if (flavour === undefined) throw new Error('MariaDB 10.11 is not on this machine; scripts/setup.sh test gets it');
  await using server = await startMysql(flavour);
  await using clients = await stubMysql('claims-old', server);
  await server.sql(undefined, 'CREATE DATABASE shop');
  await expect(captureMysql(server, 'shop', { access: { clients: clients.folder } })).rejects.toMatchObject({
    code: 'client/too-old',
  });
});
