import { startMysql, type TestFlavour, type TestMysql } from '../test/support/mysql.ts';
import { database } from './postgresql-source.ts';

/**
 * A server with one database of mixed types: wide and narrow tables, JSON, prose, binary data, two hundred small tables,
 * indexes. Scale 1 is about 1.2 GB of data. The settings are those of a server whose contents nobody needs.
 */
export async function startMysqlSource(flavour: TestFlavour, scale: number): Promise<TestMysql> {
  const server = await startMysql({
    ...flavour,
    settings: {
      'innodb-buffer-pool-size': '512M',
      'innodb-flush-log-at-trx-commit': '0',
      ...(flavour.engine === 'mysql' ? { 'innodb-redo-log-capacity': '1G' } : { 'innodb-log-file-size': '1G' }),
    },
  });
  try {
    await server.sql(undefined, `CREATE DATABASE ${database}`);
    for (const statement of statements(scale)) await server.sql(database, statement);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

function statements(scale: number): readonly string[] {
  const rows = (count: number): string => `numbers WHERE n <= ${Math.ceil(count * scale)}`;
  const digits =
    'SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9';
  return [
    'CREATE TABLE digits (d int PRIMARY KEY)',
    `INSERT INTO digits ${digits}`,
    'CREATE TABLE numbers (n int PRIMARY KEY)',
    `INSERT INTO numbers SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 100000 * g.d + 1000000 * h.d
       FROM digits a, digits b, digits c, digits e, digits f, digits g, digits h WHERE h.d < ${Math.ceil(4 * scale)}`,
    `CREATE TABLE events (
       id bigint PRIMARY KEY, at datetime(6) NOT NULL, actor char(36) NOT NULL, kind varchar(20) NOT NULL, amount decimal(12, 2),
       state enum('new', 'paid', 'sent', 'returned'), note varchar(80), payload json NOT NULL, KEY (at))`,
    `INSERT INTO events SELECT n, '2024-01-01' + INTERVAL n * 7 SECOND, LEFT(SHA2(n, 256), 32), CONCAT('kind-', n % 40), (n % 100000) / 100.0, 1 + n % 4,
       CONCAT('it''s "note" ', n), JSON_OBJECT('customer', n % 50000, 'note', LEFT(SHA2(n * 3, 256), 32), 'ok', n % 3 = 0, 'items', JSON_ARRAY(n % 9, n % 13)) FROM ${rows(1_900_000)}`,
    `CREATE TABLE measurements (sensor int NOT NULL, at datetime NOT NULL, value double, flag boolean, id int PRIMARY KEY, KEY (sensor, at))`,
    `INSERT INTO measurements SELECT n % 5000, '2025-01-01' + INTERVAL n SECOND, SIN(n) * 1000, n % 2, n FROM ${rows(3_900_000)}`,
    'CREATE TABLE documents (id int PRIMARY KEY, title varchar(80) NOT NULL, body text, thumbnail blob, changed date)',
    `INSERT INTO documents SELECT n, CONCAT('Document ', n), REPEAT(CONCAT(LEFT(SHA2(n, 256), 32), ' lorem ipsum dolor sit amet \\n'), 20),
       UNHEX(REPEAT(LEFT(SHA2(n, 256), 32), 12)), '2025-01-01' + INTERVAL n % 700 DAY FROM ${rows(330_000)}`,
    'DROP TABLE numbers, digits',
    ...Array.from(
      { length: 200 },
      (_, index) => `CREATE TABLE small_${index} AS SELECT id, sensor, value FROM measurements WHERE id <= 100`,
    ),
  ];
}
