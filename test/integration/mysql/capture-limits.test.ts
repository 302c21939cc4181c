import { describe, expect, test } from 'vitest';
import { captureIn, openMysqlBracket } from '../../support/capture-mysql.ts';
import { flavours, startMysql } from '../../support/mysql.ts';

const ofVendor = {
  mysql: ['max_execution_time = 1000'],
  mariadb: ['max_statement_time = 1', 'idle_transaction_timeout = 1', 'idle_readonly_transaction_timeout = 1'],
} as const;

describe.each(flavours)('limits that $engine $version sets for everybody', (flavour) => {
  test('neither cut a backup short nor end it', async () => {
    await using server = await startMysql(flavour);
    const rows = 'VALUES (1), (2), (3), (4), (5)';
    await server.sql(
      undefined,
      `CREATE DATABASE bank;
       ${['a', 'b', 'c', 'd'].map((table) => `CREATE TABLE bank.${table} (id int PRIMARY KEY); INSERT INTO bank.${table} ${rows}`).join(';')};
       CREATE TABLE bank.unsafe (id int) ENGINE = MyISAM; INSERT INTO bank.unsafe ${rows};
       CREATE TABLE bank.wide (id int AUTO_INCREMENT PRIMARY KEY, filler longtext);
       INSERT INTO bank.wide (filler) VALUES (REPEAT('x', 1000000)); ${'INSERT INTO bank.wide (filler) SELECT filler FROM bank.wide;'.repeat(4)}
       ${['sql_select_limit = 2', ...ofVendor[flavour.engine]].map((limit) => `SET GLOBAL ${limit}`).join(';')}`,
    );
    await using bracket = await openMysqlBracket(server, ['bank']);
    const idleFor = async (): Promise<number> => {
      const [row] = await server.sql(
        undefined,
        "SELECT /*+ MAX_EXECUTION_TIME(0) */ MAX(TIME) AS seconds FROM information_schema.PROCESSLIST WHERE COMMAND = 'Sleep' AND DB = 'bank'",
      );
      return Number(row?.['seconds'] ?? 0);
    };
    // The session that counts the rows waits in its snapshot until its turn comes, and the dump of the wide table in its query.
    await expect.poll(idleFor, { interval: 200 }).toBeGreaterThanOrEqual(3);
    await using capture = await captureIn(bracket, { server, database: 'bank' });
    const captured = capture.captured.entries.filter(({ kind }) => kind === 'table-data');
    expect(captured.map(({ subject, rows: found }) => `${subject} ${found}`)).toEqual([
      '`a` 5',
      '`b` 5',
      '`c` 5',
      '`d` 5',
      '`unsafe` 5',
      '`wide` 16',
    ]);
  });
});
