import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OperationError } from '../../../src/base/operation-error.ts';
import { comparisonRules } from '../../../src/engine/mysql/comparison-rules.ts';
import { readFloatLoss } from '../../../src/engine/mysql/float-loss.ts';
import { flavours as vendors } from '../../../src/engine/mysql/flavour.ts';
import { readInventory } from '../../../src/engine/mysql/inventory.ts';
import { readNotRestorable } from '../../../src/engine/mysql/not-restorable.ts';
import { readOrphanDefiners } from '../../../src/engine/mysql/orphan-definers.ts';
import { withPastEvents } from '../../../src/engine/mysql/past-events.ts';
import { mysql } from '../../../src/engine/mysql/mysql.ts';
import { openSession, type Session } from '../../../src/engine/mysql/session.ts';
import { compareFacts } from '../../../src/manifest/compare-facts.ts';
import type { Degradation, Fact } from '../../../src/manifest/manifest.ts';
import { captureInto } from '../../support/capture.ts';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';
import { bringBack } from '../../support/mysql-restore.ts';
import { described } from '../../support/restore.ts';

const database = 'lossy `1`';
const quoted = '`lossy ``1```';

describe.each(flavours)('what $engine $version cannot bring back', ({ engine, version }) => {
  const flavour = vendors[engine];
  let server: TestMysql;
  let session: Session;
  beforeAll(async () => {
    server = await startMysql({ engine, version, settings: { 'event-scheduler': 'OFF' } });
    session = await openSession(server.access(), flavour);
    await server.sql(undefined, `CREATE DATABASE ${quoted} CHARACTER SET utf8mb4`);
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  const inventory = (): Promise<readonly Fact[]> => readInventory(session, flavour, { database });
  const notRestorable = async (): Promise<readonly string[]> =>
    subjectsOf(await readNotRestorable(session, flavour, { database, facts: await inventory() }));
  const subjectsOf = (found: readonly Degradation[]): readonly string[] =>
    found.map(({ code, subject }) => `${code} ${subject}`);

  test('are FLOAT values of more than six digits, by column and number', async () => {
    await server.sql(
      database,
      `CREATE TABLE floats (id int PRIMARY KEY, \`a\`\`b\` float DEFAULT (1 / 3), fine float, copied float AS (fine));
       INSERT INTO floats (id, \`a\`\`b\`, fine) VALUES (1, 8388609, 1.1), (2, 16777217, -3.4e38), (3, 0.1, 1e-40), (4, NULL, 123456)`,
    );
    const floats = { table: 'floats', versioned: false };
    const found = await readFloatLoss(session, { database, tables: [floats] });
    expect(found).toMatchObject([
      { code: 'float-rounded', subject: '`floats`.`a``b`', detail: expect.stringContaining('2 values') as string },
    ]);
    expect(await readFloatLoss(session, { database, tables: [] })).toEqual([]);
  });

  // Nothing like it is in MySQL.
  test.for(engine === 'mariadb' ? [engine] : [])('are FLOAT values that a table of MariaDB had once', async () => {
    await server.sql(
      database,
      'CREATE TABLE past (f float) WITH SYSTEM VERSIONING; INSERT INTO past VALUES (8388609); UPDATE past SET f = 1',
    );
    const found = await readFloatLoss(session, { database, tables: [{ table: 'past', versioned: true }] });
    expect(subjectsOf(found)).toEqual(['float-rounded `past`.`f`']);
    await server.sql(database, 'DROP TABLE past');
  });

  test('are what runs as an account that does not exist', async () => {
    await server.sql(
      database,
      `CREATE USER 'a@b'@'%'; CREATE DEFINER = 'a@b'@'%' VIEW known AS SELECT 1 AS x;
       CREATE DEFINER = 'ghost'@'localhost' VIEW unknown AS SELECT 1 AS x; CREATE DEFINER = 'ghost'@'localhost' PROCEDURE told() SELECT 1`,
    );
    const found = await readOrphanDefiners(session, await inventory());
    expect(found).toMatchObject([{ code: 'orphan-definer', subject: 'ghost@localhost' }]);
    expect(found[0]?.detail).toContain('procedure `told`, view `unknown`');
    await server.sql(database, 'DROP VIEW known, unknown; DROP PROCEDURE told');
  });

  test('are views of what is gone', async () => {
    await server.sql(
      database,
      'CREATE TABLE gone (a int); CREATE VIEW `br``oken` AS SELECT a FROM gone; CREATE VIEW over_it AS SELECT * FROM `br``oken`; DROP TABLE gone',
    );
    expect(await notRestorable()).toEqual([
      'object-not-restorable view `br``oken`',
      'object-not-restorable view `over_it`',
    ]);
    await using capture = await captureInto(server.access('source'), database, { engine: mysql(engine) });
    expect(await capture.text('views').catch(() => '')).not.toContain('br``oken');
    const views = (await inventory()).filter(({ kind }) => kind === 'view');
    expect(described(compareFacts(views, [], comparisonRules))).toEqual([
      'informational view `br``oken`',
      'informational view `over_it`',
    ]);
    await server.sql(database, 'DROP VIEW `br``oken`, over_it');
  });

  test('are characters that dumps write as a question mark', async () => {
    await server.sql(
      database,
      `SET NAMES utf8mb4; CREATE TABLE emoji (a enum('😀', 'b'), b varchar(10) DEFAULT 'x😀', c varchar(10) DEFAULT 'x', d enum('ü'))`,
    );
    expect(await notRestorable()).toEqual([
      'object-not-restorable column `emoji`.`a`',
      ...(engine === 'mariadb' ? ['object-not-restorable column `emoji`.`b`'] : []),
    ]);
    await server.sql(database, 'DROP TABLE emoji');
  });

  // Nothing like it is in MySQL.
  test.for(engine === 'mariadb' ? [engine] : [])('are reference systems of MariaDB', async () => {
    await server.sql(database, 'CREATE TABLE places (p point REF_SYSTEM_ID = 4326, q point)');
    expect(await notRestorable()).toEqual(['object-not-restorable column `places`.`p`']);
    await server.sql(database, 'DROP TABLE places');
  });

  test.for(engine === 'mysql' ? [engine] : [])('are reference systems that somebody made in MySQL', async () => {
    const earth =
      'GEOGCS["x",DATUM["d",SPHEROID["s",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.017453292519943278],AXIS["Lat",NORTH],AXIS["Lon",EAST]]';
    await server.sql(
      database,
      `CREATE SPATIAL REFERENCE SYSTEM 990000 NAME 'ours' DEFINITION '${earth}';
       CREATE TABLE places (ours point SRID 990000, known point SRID 4326, flat point SRID 0, every_one point)`,
    );
    expect(await notRestorable()).toEqual(['object-not-restorable column `places`.`ours`']);
    await server.sql(database, 'DROP TABLE places; DROP SPATIAL REFERENCE SYSTEM 990000');
  });

  test.for(engine === 'mysql' ? [engine] : [])('are tables in tablespaces of MySQL', async () => {
    await server.sql(
      database,
      "CREATE TABLESPACE `sp``ace` ADD DATAFILE 'space.ibd'; CREATE TABLE `in``side` (a int) TABLESPACE `sp``ace`; CREATE TABLE outside (a int) TABLESPACE innodb_system",
    );
    const found = await readNotRestorable(session, flavour, { database, facts: await inventory() });
    expect(found).toMatchObject([
      { subject: 'table `in``side`', detail: expect.stringContaining('`sp``ace`') as string },
    ]);
    await server.sql(database, 'DROP TABLE `in``side`, outside');
  });

  test.for(engine === 'mysql' ? [engine] : [])('are bodies with a semicolon behind them in MySQL', async () => {
    const make = 'CREATE TRIGGER `tr``1` BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1';
    await server.sql(
      database,
      `CREATE TABLE t (a int); ${make}; CREATE EVENT often ON SCHEDULE EVERY 1 YEAR DISABLE DO DO 0; DO 0`,
    );
    const facts = await inventory();
    expect(await notRestorable()).toEqual([
      'object-not-restorable event `often`',
      'object-not-restorable trigger `tr``1`',
    ]);
    await server.sql(database, 'DROP TRIGGER `tr``1`');
    await server.sql(database, make);
    const ofTriggers = ({ kind }: Fact): boolean => kind === 'trigger';
    // As the body that comes back without it is the same.
    expect((await inventory()).find(ofTriggers)?.value['bodySha256']).toBe(facts.find(ofTriggers)?.value['bodySha256']);
    await server.sql(database, 'DROP TABLE t; DROP EVENT often');
  });

  test('are bodies that the client program misreads', { timeout: 60_000 }, async () => {
    const fixture = new URL('../../fixtures/mysql/undumpable.sql', import.meta.url);
    await server.script(undefined, { file: fileURLToPath(fixture) });
    await server.sql('broken_name', `CREATE PROCEDURE at_end() SELECT 1 -- a comment`);
    await server.sql(
      'broken_name',
      'CREATE TABLE t (a int); CREATE TRIGGER at_end BEFORE INSERT ON t FOR EACH ROW /* one */ SET @a = 1 -- another',
    );
    await server.sql('broken_name', `CREATE PROCEDURE within() BEGIN /* it's */ SELECT '*/;;'; END`);
    const inDatabase = async (name: string): Promise<readonly string[]> => {
      const facts = await readInventory(session, flavour, { database: name });
      return subjectsOf(await readNotRestorable(session, flavour, { database: name, facts }));
    };
    expect(await inDatabase('broken_comment')).toEqual(['object-not-restorable trigger `tr`']);
    // MariaDB's dump ends the line there, and its client knows names in double quotes.
    expect(await inDatabase('broken_name')).toEqual(
      engine === 'mysql'
        ? ['function `f`', 'procedure `at_end`', 'trigger `at_end`'].map((what) => `object-not-restorable ${what}`)
        : [],
    );
    await using target = await startMysql({ engine, version });
    const outcomeOf = (name: string): Promise<unknown> =>
      bringBack(server, target, name).then(
        ({ differences }) => differences,
        (error: unknown) => (error as OperationError).code,
      );
    expect(await outcomeOf('broken_comment')).toBe('restore/failed');
    expect(await outcomeOf('broken_name')).toEqual(engine === 'mysql' ? 'restore/failed' : []);
  });

  test('is what needs another database', { timeout: 60_000 }, async () => {
    for (const statement of [
      'CREATE DATABASE borrowing',
      'CREATE DATABASE `el``se`',
      'CREATE TABLE `el``se`.t (a int)',
      'CREATE TABLE `el``se`.p (id int PRIMARY KEY)',
      'CREATE FUNCTION `el``se`.f() RETURNS int DETERMINISTIC RETURN 1',
    ])
      await server.sql(undefined, statement);
    for (const statement of [
      'CREATE TABLE own (t int, u int, d date)',
      "CREATE VIEW fine AS SELECT t.t, t.u, 'from `el``se`.`t`' AS x FROM own t, mysql.user, information_schema.TABLES",
      "CREATE VIEW odd AS SELECT EXTRACT(DAY FROM t.d) AS a, TRIM(BOTH 'x' FROM t.d) AS b, (SELECT MAX(t.d) FROM own) AS c FROM own t",
      'CREATE VIEW looks AS SELECT x.a FROM own, `el``se`.t x',
      'CREATE VIEW calls AS SELECT `el``se`.f() AS x FROM own',
      'CREATE VIEW nests AS SELECT 1 AS x FROM own WHERE EXISTS (SELECT 1 FROM `el``se`.t)',
      'CREATE TABLE points (id int, CONSTRAINT k FOREIGN KEY (id) REFERENCES `el``se`.p (id))',
    ])
      await server.sql('borrowing', statement);
    const facts = await readInventory(session, flavour, { database: 'borrowing' });
    const found = await readNotRestorable(session, flavour, { database: 'borrowing', facts });
    expect(found.map(({ subject, detail }) => `${subject} ${detail.split(',')[0]}`)).toEqual([
      'foreign key `points`.`k` it needs `el``se`.`p`',
      'view `calls` it needs `el``se`.`f`',
      'view `looks` it needs `el``se`.`t`',
      'view `nests` it needs `el``se`.`t`',
    ]);
    await using target = await startMysql({ engine, version });
    await expect(bringBack(server, target, 'borrowing')).rejects.toMatchObject({ code: 'restore/failed' });
    await server.sql('borrowing', 'DROP TABLE points');
    for (const view of ['calls', 'looks', 'nests']) await server.sql('borrowing', `DROP VIEW ${view}`);
    await target.sql(undefined, 'DROP DATABASE borrowing');
    const whole = await bringBack(server, target, 'borrowing');
    expect([whole.degradations, whole.differences]).toEqual([[], []]);
  });

  test.for(engine === 'mariadb' ? [engine] : [])('are defaults of another database’s sequence', async () => {
    await server.sql(undefined, 'CREATE DATABASE counting; CREATE SEQUENCE counting.s');
    await server.sql(database, 'CREATE TABLE counted (a int DEFAULT NEXTVAL(counting.s))');
    expect(await notRestorable()).toEqual(['object-not-restorable column `counted`.`a`']);
    await server.sql(database, 'DROP TABLE counted');
  });

  test('are foreign keys whose names the server does not quote', { timeout: 60_000 }, async () => {
    await server.sql(undefined, 'CREATE DATABASE ticks');
    for (const statement of [
      'CREATE TABLE `p``1` (`i``d` int PRIMARY KEY, plain int, UNIQUE (plain))',
      'CREATE TABLE fine (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES `p``1` (plain))',
      'CREATE TABLE named (a int, CONSTRAINT `c``k` FOREIGN KEY (a) REFERENCES `p``1` (plain))',
      'CREATE TABLE `of` (`a``b` int, CONSTRAINT o FOREIGN KEY (`a``b`) REFERENCES `p``1` (plain))',
      'CREATE TABLE `to` (a int, CONSTRAINT t FOREIGN KEY (a) REFERENCES `p``1` (`i``d`))',
    ])
      await server.sql('ticks', statement);
    const facts = await readInventory(session, flavour, { database: 'ticks' });
    const found = subjectsOf(await readNotRestorable(session, flavour, { database: 'ticks', facts }));
    const all = ['`named`.`c``k`', '`of`.`o`', '`to`.`t`'];
    expect(found).toEqual(version === '10.11' ? all.map((key) => `object-not-restorable foreign key ${key}`) : []);
    await using target = await startMysql({ engine, version });
    const outcome = await bringBack(server, target, 'ticks').then(
      ({ differences }) => differences,
      (error: unknown) => (error as OperationError).code,
    );
    expect(outcome).toEqual(version === '10.11' ? 'restore/failed' : []);
  });

  test('is an event whose time has passed, which is told and no failure', async () => {
    await server.sql(
      database,
      `SET SESSION time_zone = '+02:00';
       CREATE EVENT kept ON SCHEDULE AT '2037-01-01 00:00:00' ON COMPLETION PRESERVE DO DO 0;
       CREATE EVENT dropped ON SCHEDULE AT '2037-01-01 00:00:00' DO DO 0;
       CREATE EVENT later ON SCHEDULE AT '2037-01-01 00:00:00' DO DO 0`,
    );
    // As if the backup were from before their time.
    const backedUp = (await inventory()).map((fact) =>
      fact.kind === 'event' && fact.name !== '`later`'
        ? { ...fact, value: { ...fact.value, executeAt: '2001-01-01 00:00:00' } }
        : fact,
    );
    await server.sql(database, 'DROP EVENT dropped; DROP EVENT later; ALTER EVENT kept DISABLE');
    const restored = (await inventory()).map((fact) =>
      fact.kind === 'event' ? { ...fact, value: { ...fact.value, executeAt: '2001-01-01 00:00:00' } } : fact,
    );
    const seen = await withPastEvents(session, restored, backedUp);
    expect(described(compareFacts(backedUp, seen, comparisonRules))).toEqual([
      'informational event `dropped` status',
      'informational event `kept` status',
      'strict event `later`',
    ]);
  });
});
