import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConnection, type Connection } from 'mariadb';
import { captureIn, captureMysql, openMysqlBracket } from '../../support/capture-mysql.ts';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';

const connectTo = ({ socket, password }: TestMysql): Promise<Connection> =>
  createConnection({
    socketPath: socket,
    user: 'root',
    password,
    checkDuplicate: false,
    allowPublicKeyRetrieval: true,
    connectTimeout: 60_000,
  });

describe.each(flavours)('$engine $version', (flavour) => {
  let server: TestMysql;
  beforeAll(async () => {
    server = await startMysql({
      ...flavour,
      binlog: true,
      settings: { 'net-write-timeout': '1', 'wait-timeout': '600' },
    });
    for (const database of ['left_bank', 'right_bank']) {
      await server.sql(undefined, `CREATE DATABASE ${database}`);
      await server.sql(
        database,
        `CREATE TABLE account (id int PRIMARY KEY, amount int NOT NULL);
         CREATE TABLE ledger (id int PRIMARY KEY, amount int NOT NULL);
         INSERT INTO account VALUES (1, 1000), (2, 1000), (3, 1000);
         INSERT INTO ledger VALUES (1, 1000), (2, 1000), (3, 1000)`,
      );
    }
    // More than pipes and sockets hold, so that a dump that nobody reads stands still within it.
    await server.sql(
      'left_bank',
      `CREATE TABLE bulk (id int AUTO_INCREMENT PRIMARY KEY, filler longtext);
       INSERT INTO bulk (filler) VALUES (REPEAT('x', 1000000)); ${'INSERT INTO bulk (filler) SELECT filler FROM bulk;'.repeat(5)}`,
    );
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const connect = (): Promise<Connection> => connectTo(server);

  test('what several dumps of several databases hold is of one moment, however much is written meanwhile', async () => {
    let writing = true;
    let moved = 0;
    // Every transaction keeps the sum over four tables of two databases.
    const write = async (): Promise<void> => {
      const connection = await connect();
      const places = ['left_bank.account', 'right_bank.account', 'left_bank.ledger', 'right_bank.ledger'];
      for (let turn = 0; writing; turn += 1) {
        await connection.beginTransaction();
        await connection.query(`UPDATE ${places[turn % 4]} SET amount = amount - 7 WHERE id = ${(turn % 3) + 1}`);
        await connection.query(`UPDATE ${places[(turn + 1) % 4]} SET amount = amount + 7 WHERE id = ${(turn % 2) + 1}`);
        await connection.commit();
        moved += 1;
      }
      await connection.end();
    };
    const writers = [write()];
    try {
      for (let round = 0; round < 3; round += 1) {
        const before = moved;
        await using bracket = await openMysqlBracket(server, ['left_bank', 'right_bank'], { dump: { jobs: 2 } });
        await expect.poll(() => moved).toBeGreaterThan(before);
        let sum = 0;
        for (const database of ['left_bank', 'right_bank']) {
          await using capture = await captureIn(bracket, { server, database, wish: { dump: { jobs: 2 } } });
          for (const table of ['`account`', '`ledger`'])
            for (const [, amount] of (await capture.dumped(table)).matchAll(/\(\d,(-?\d+)\)/g)) sum += Number(amount);
        }
        expect(sum).toBe(12_000);
      }
    } finally {
      writing = false;
      await Promise.all(writers);
    }
  });

  test('a dump whose turn has not come is not cut off', async () => {
    await using bracket = await openMysqlBracket(server, ['left_bank']);
    const stalledFor = async (): Promise<number> => {
      const [row] = await server.sql(
        undefined,
        "SELECT MAX(TIME) AS seconds FROM information_schema.PROCESSLIST WHERE COMMAND = 'Query' AND INFO LIKE '%`bulk`%' AND ID <> CONNECTION_ID()",
      );
      return Number(row?.['seconds'] ?? 0);
    };
    // The server would have given up a session that does not read after one.
    await expect.poll(stalledFor, { interval: 200 }).toBeGreaterThanOrEqual(4);
    await using capture = await captureIn(bracket, { server, database: 'left_bank' });
    expect(capture.captured.entries.find(({ subject }) => subject === '`bulk`')?.rows).toBe(32);
  });

  test('a query that runs for long is waited for and then named, and nobody was made to wait for the lock', async () => {
    const connection = await connect();
    const sleeping = connection.query('SELECT SLEEP(1000), 42 AS secret_of_the_statement').catch(() => undefined);
    const flushes = async (): Promise<number> =>
      Number((await server.sql(undefined, "SHOW GLOBAL STATUS LIKE 'Com_flush'"))[0]?.['Value']);
    const seconds = async (): Promise<number> =>
      Number(
        (
          await server.sql(
            undefined,
            `SELECT TIME AS t FROM information_schema.PROCESSLIST WHERE ID = ${connection.threadId}`,
          )
        )[0]?.['t'],
      );
    await expect.poll(seconds, { interval: 200 }).toBeGreaterThanOrEqual(3);
    const before = await flushes();
    const refused = await openMysqlBracket(server, ['right_bank'], { dump: { lockWait: 1000 as never } }).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    expect(refused).toMatchObject({ code: 'source/lock-timeout', transient: true });
    expect(refused?.message).toMatch(new RegExp(`connection ${connection.threadId} of root for \\d+ s`));
    expect(String(refused)).not.toContain('secret_of_the_statement');
    expect(await flushes()).toBe(before);
    await server.sql(undefined, `KILL QUERY ${connection.threadId}`);
    await sleeping;
    await connection.end();
  });

  test('a lock that somebody holds is waited for in short attempts, and taken when it is free', async () => {
    const connection = await connect();
    await connection.query('LOCK TABLES right_bank.account WRITE');
    const opening = openMysqlBracket(server, ['right_bank'], { dump: { lockWait: 60_000 as never } });
    opening.catch(() => undefined);
    const attempts = async (): Promise<number> =>
      Number((await server.sql(undefined, "SHOW GLOBAL STATUS LIKE 'Com_flush'"))[0]?.['Value']);
    const before = await attempts();
    await expect.poll(attempts, { interval: 200 }).toBeGreaterThan(before + 1);
    await connection.query('UNLOCK TABLES');
    await connection.end();
    await using bracket = await opening;
    await using capture = await captureIn(bracket, { server, database: 'right_bank' });
    expect(capture.captured.timings['locked']).toBeGreaterThanOrEqual(0);
  });

  test.for([
    'CREATE TABLE right_bank.later (a int)',
    "ALTER TABLE right_bank.ledger COMMENT = 'other'",
    'GRANT SELECT ON right_bank.* TO late@localhost',
  ])('a backup during which %s is none', async (sql) => {
    await server.sql(undefined, "CREATE USER IF NOT EXISTS late@localhost IDENTIFIED BY 'x'");
    await using bracket = await openMysqlBracket(server, ['right_bank']);
    await server.sql(undefined, sql);
    const outcome = captureIn(bracket, { server, database: 'right_bank' });
    await expect(outcome).rejects.toMatchObject({ code: 'source/changed', transient: true });
    await server.sql(
      undefined,
      "DROP TABLE IF EXISTS right_bank.later; ALTER TABLE right_bank.ledger COMMENT = ''; DROP USER late@localhost",
    );
    await using again = await captureMysql(server, 'right_bank');
    expect(again.captured.engine).toBe(flavour.engine);
  });

  test('a bracket that is closed leaves no connection and no lock', async () => {
    const others = async (): Promise<readonly unknown[]> =>
      server.sql(
        undefined,
        "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'root' AND ID <> CONNECTION_ID()",
      );
    await expect.poll(others).toEqual([]);
    {
      await using bracket = await openMysqlBracket(server, ['left_bank', 'right_bank']);
      expect(await others()).not.toEqual([]);
      await using capture = await captureIn(bracket, { server, database: 'right_bank' });
      expect(capture.captured.timings).toHaveProperty('locked');
    }
    await expect.poll(others).toEqual([]);
  });
});

test.for(flavours.filter(({ engine }) => engine === 'mysql'))(
  'with the instance of $engine $version locked, changes wait for the end of the backup',
  async (flavour) => {
    await using server = await startMysql(flavour);
    await server.sql(undefined, 'CREATE DATABASE bank; CREATE TABLE bank.account (id int PRIMARY KEY)');
    const connection = await connectTo(server);
    let changed = false;
    let changing: Promise<void> | undefined;
    {
      await using bracket = await openMysqlBracket(server, ['bank'], { lockInstance: true });
      changing = connection.query('CREATE TABLE bank.waits (a int)').then(() => void (changed = true));
      await using capture = await captureIn(bracket, { server, database: 'bank' });
      expect(capture.captured.entries.map(({ subject }) => subject)).not.toContain('`waits`');
      expect(changed).toBe(false);
    }
    await changing;
    await connection.end();
  },
);

test.for(flavours.filter(({ engine }) => engine === 'mysql'))(
  'the instance of $engine $version is waited for no longer than the policy says',
  async (flavour) => {
    await using server = await startMysql(flavour);
    await server.sql(undefined, 'CREATE DATABASE bank; CREATE TABLE bank.account (id int PRIMARY KEY)');
    const [reader, changer] = [await connectTo(server), await connectTo(server)];
    await reader.beginTransaction();
    await reader.query('SELECT * FROM bank.account');
    // It waits for the reader, and the instance for it.
    const altering = changer.query('ALTER TABLE bank.account ADD COLUMN amount int').catch(() => undefined);
    const isWaiting = (): Promise<readonly unknown[]> =>
      server.sql(
        undefined,
        "SELECT ID FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for table metadata%'",
      );
    await expect.poll(isWaiting).toHaveLength(1);
    const opening = openMysqlBracket(server, ['bank'], { lockInstance: true, dump: { lockWait: 1000 as never } });
    await expect(opening).rejects.toMatchObject({ code: 'source/lock-timeout', transient: true });
    await reader.end();
    await altering;
    await changer.end();
  },
);
