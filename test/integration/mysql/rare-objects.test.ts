import { describe, expect, test } from 'vitest';
import { bringBack } from '../../support/mysql-restore.ts';
import { flavours, startMysql } from '../../support/mysql.ts';

const common = [
  'CREATE TABLE commas (a int NOT NULL) ENGINE = CSV',
  "CREATE TABLE questions (a varchar(10) DEFAULT '?', b int DEFAULT (1 + 1), c set('?', 'x'), d timestamp(3) DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3))",
  "CREATE FUNCTION described(a int) RETURNS int DETERMINISTIC MODIFIES SQL DATA COMMENT 'q?' BEGIN DECLARE x int DEFAULT 3; /* c */ RETURN a; END",
  "CREATE EVENT hourly ON SCHEDULE EVERY '1:10' DAY_HOUR STARTS '2032-01-01 00:00:00' ENDS '2033-01-01' ON COMPLETION PRESERVE COMMENT 'c' DO BEGIN END",
  'CREATE TABLE by_key (a int, b int) PARTITION BY LINEAR KEY (a) PARTITIONS 3',
  "CREATE TABLE by_list (a int, b varchar(3)) PARTITION BY LIST COLUMNS (b) (PARTITION p VALUES IN ('a', 'b'), PARTITION q VALUES IN (NULL))",
  'CREATE TABLE prefixes (a varchar(100), b blob, KEY k (a(5), b(10)), UNIQUE u (b(20)))',
  // Servers print a list of tables as joins without parentheses, and read these as joins with them.
  ...[
    'by_list, commas',
    'by_list, commas, prefixes WHERE by_list.a = commas.a',
    'by_list, commas LEFT JOIN prefixes ON commas.a = prefixes.a',
    '(by_list LEFT JOIN commas ON by_list.a = commas.a), prefixes',
    'by_list LEFT JOIN (commas, prefixes) ON by_list.a = commas.a',
    '(SELECT a FROM by_list) x, commas',
    '((SELECT prefixes.a FROM by_list, prefixes) UNION (SELECT a FROM commas)) x, commas',
    'by_list WHERE EXISTS (SELECT 1 FROM commas, prefixes)',
  ].map((from, index) => `CREATE VIEW joined_${index} AS SELECT '?' AS sign FROM ${from}`),
  'CREATE TABLE sampled (a int) STATS_PERSISTENT = 1 STATS_SAMPLE_PAGES = 7',
];

const own: Readonly<Record<'mysql' | 'mariadb', readonly string[]>> = {
  mysql: [
    'CREATE TABLE orders (id int PRIMARY KEY, n varchar(9))',
    "INSERT INTO orders VALUES (1, 'a')",
    "CREATE JSON RELATIONAL DUALITY VIEW documents AS SELECT JSON_DUALITY_OBJECT('_id': id, 'n': n) FROM orders",
    "CREATE LIBRARY shared COMMENT 'c' LANGUAGE JAVASCRIPT AS 'export function f(n) { return n }'",
    'ANALYZE TABLE orders UPDATE HISTOGRAM ON n WITH 5 BUCKETS',
    'CREATE TABLE archived (a int) ENGINE = ARCHIVE',
    'CREATE TABLE swallowed (a int) ENGINE = BLACKHOLE',
    'CREATE TABLE grams (a text, FULLTEXT KEY k (a) WITH PARSER ngram)',
  ],
  mariadb: [
    'CREATE TABLE by_time (a int) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME INTERVAL 1 MONTH (PARTITION p0 HISTORY, PARTITION p1 HISTORY, PARTITION pn CURRENT)',
    'CREATE TABLE stays (id int, s date, e date, PERIOD FOR p (s, e), UNIQUE (id, p WITHOUT OVERLAPS))',
    'CREATE TABLE checked (a int CHECK (a > 0), b int, CONSTRAINT c CHECK (b > 0))',
    'CREATE TABLE pressed (a text COMPRESSED) PAGE_COMPRESSED = 1',
    'CREATE SEQUENCE small START WITH 5 INCREMENT BY -1 MINVALUE -5 MAXVALUE 5 NOCACHE CYCLE',
  ],
};

describe.each(flavours)('rare objects of $engine $version', ({ engine: name, version }) => {
  test('come back as they were', async () => {
    const settings = { 'event-scheduler': 'OFF', 'log-bin-trust-function-creators': 'ON' };
    await using source = await startMysql({ engine: name, version, settings });
    await using target = await startMysql({ engine: name, version, settings });
    await source.sql(undefined, 'CREATE DATABASE rare CHARACTER SET utf8mb4');
    for (const statement of [...common, ...own[name]]) await source.sql('rare', statement);
    // Routines remember the one of their time.
    await source.sql(undefined, 'ALTER DATABASE rare COLLATE utf8mb4_bin');
    const { facts, differences } = await bringBack(source, target, 'rare');
    expect(facts.length).toBeGreaterThan(30);
    expect(differences).toEqual([]);
  });
});
