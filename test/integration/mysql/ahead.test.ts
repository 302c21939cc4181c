import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OperationError } from '../../../src/base/operation-error.ts';
import { flavours as vendors } from '../../../src/engine/mysql/flavour.ts';
import { observe } from '../../../src/engine/mysql/observe.ts';
import type { Holds } from '../../../src/manifest/manifest.ts';
import type { ObservedDatabase } from '../../../src/plan/observed.ts';
import { captureMysql } from '../../support/capture-mysql.ts';
import { holdsAll } from '../../support/capture.ts';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';

const common = [
  'CREATE TABLE `my``isam` (a int) ENGINE = MyISAM',
  'CREATE TABLE plain (id int PRIMARY KEY, f float)',
  'INSERT INTO plain VALUES (1, 8388609)',
  "CREATE TABLE labels (a enum('?', 'b'))",
  'CREATE TABLE left_out (id int PRIMARY KEY)',
  'CREATE TABLE needs_it (id int, CONSTRAINT f FOREIGN KEY (id) REFERENCES left_out (id))',
  'CREATE TABLE hollow (id int)',
  'CREATE TABLE gone (a int)',
  'CREATE VIEW broken AS SELECT a FROM gone',
  'DROP TABLE gone',
  "CREATE DEFINER = 'ghost'@'%' VIEW haunted AS SELECT 1 AS x",
  "CREATE USER app@'%'",
  "GRANT SELECT ON plain TO app@'%'",
  "GRANT SHUTDOWN ON *.* TO app@'%'",
];

const own: Readonly<Record<'mysql' | 'mariadb', readonly string[]>> = {
  mysql: [
    "CREATE TABLESPACE space ADD DATAFILE 'space.ibd'",
    'CREATE TABLE in_space (a int) TABLESPACE space',
    'CREATE TRIGGER tr BEFORE INSERT ON plain FOR EACH ROW SET NEW.f = 1; DO 0',
  ],
  mariadb: ['CREATE TABLE places (p point REF_SYSTEM_ID = 4326)', "CREATE TABLE texts (a varchar(9) DEFAULT 'x?')"],
};

const policy = { excludeTables: ['left_*'], excludeTableData: ['hollow'] };
const holds: Holds = { ...holdsAll, excludedTables: policy.excludeTables, excludedTableData: policy.excludeTableData };

describe.each(flavours)('a plan of $engine $version', (flavour) => {
  let server: TestMysql;
  beforeAll(async () => {
    server = await startMysql({ ...flavour, settings: { 'event-scheduler': 'OFF' } });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const ahead = async (database: string, wanted = holds): Promise<ObservedDatabase['preflight']> => {
    const observed = await observe(vendors[flavour.engine])(server.access('main'), {
      databases: new Map([[database, { holds: wanted }]]),
      digestKey: undefined,
      signal: new AbortController().signal,
    });
    if (observed.state !== 'reachable') throw new Error('the server is not reachable');
    const found = observed.databases.find(({ name }) => name === database);
    expect(found?.diagnostic).toBeUndefined();
    return found?.preflight;
  };
  const failureOf = (database: string, dump = {}): Promise<OperationError | undefined> =>
    captureMysql(server, database, { dump, access: { name: 'main' } }).then(
      async (capture) => (await capture[Symbol.asyncDispose](), undefined),
      (error: unknown) => error as OperationError,
    );

  test('names all that a backup turns out to lack, but for what only its rows show', async () => {
    await server.sql(undefined, 'CREATE DATABASE lossy CHARACTER SET utf8mb4');
    for (const statement of [...common, ...own[flavour.engine]]) await server.sql('lossy', statement);
    await using capture = await captureMysql(server, 'lossy', { holds, dump: policy });
    const { degradations } = capture.captured;
    const shown = degradations.filter(({ code }) => code !== 'float-rounded');
    expect((await ahead('lossy'))?.degradations).toEqual(shown);
    const told = shown.map(({ code, subject }) => `${code} ${subject}`);
    expect(told).toEqual(
      expect.arrayContaining([
        'table-not-transactional `my``isam`',
        'orphan-definer ghost@%',
        'object-not-restorable view `broken`',
        'object-not-restorable column `labels`.`a`',
        'object-not-restorable `left_out`',
        'table-excluded `left_out`',
        'table-data-excluded `hollow`',
        ...(flavour.engine === 'mysql'
          ? ['object-not-restorable table `in_space`', 'object-not-restorable trigger `tr`']
          : ['object-not-restorable column `places`.`p`', 'object-not-restorable column `texts`.`a`']),
      ]),
    );
    expect(degradations).toHaveLength(shown.length + 1);
  });

  // mysqldump has no trouble with names, and MySQL no system versioning.
  test.for(flavour.engine === 'mariadb' ? ["quo'ted", 'quo"ted', 'back\\slash', 'line\nend'] : [])(
    'refuses a database with events that is named %j, as a backup does',
    async (name) => {
      await server.sql(undefined, `CREATE DATABASE \`${name}\``);
      expect(await failureOf(name)).toBeUndefined();
      await server.sql(name, 'CREATE EVENT later ON SCHEDULE EVERY 1 YEAR DO DO 0');
      const failure = await failureOf(name);
      expect(failure).toMatchObject({
        code: 'capture/refused',
        message: expect.stringContaining('(`later`)') as string,
      });
      expect((await ahead(name))?.refused).toMatchObject([
        { code: 'capture/refused', subject: `main/${name}`, summary: failure?.message, help: failure?.hint },
      ]);
    },
  );

  test.for(flavour.engine === 'mysql' ? ["quo'ted", 'quo"ted', 'back\\slash', 'line\nend'] : [])(
    'takes a database with events whatever its name is: %j',
    async (name) => {
      await server.sql(undefined, `CREATE DATABASE \`${name}\``);
      await server.sql(name, 'CREATE EVENT later ON SCHEDULE EVERY 1 YEAR DO DO 0');
      expect(await failureOf(name)).toBeUndefined();
      expect((await ahead(name))?.refused).toEqual([]);
    },
  );

  test.for(flavour.engine === 'mariadb' ? ['precise'] : [])(
    'refuses the history of transactions, as a backup does, unless the table is left out',
    async (name) => {
      await server.sql(
        undefined,
        `CREATE DATABASE precise;
         CREATE TABLE precise.by_time (a int) WITH SYSTEM VERSIONING;
         CREATE TABLE precise.\`t\`\`1\` (a int, since bigint unsigned GENERATED ALWAYS AS ROW START, until bigint unsigned GENERATED ALWAYS AS ROW END,
           PERIOD FOR SYSTEM_TIME (since, until)) WITH SYSTEM VERSIONING`,
      );
      for (const dump of [{}, { excludeTableData: ['t`1'] }]) {
        const failure = await failureOf(name, dump);
        expect(failure).toMatchObject({
          code: 'capture/refused',
          message: expect.stringMatching(/: `t``1`$/) as string,
        });
        const refused = (await ahead(name, { ...holdsAll, excludedTableData: dump.excludeTableData ?? [] }))?.refused;
        expect(refused).toMatchObject([{ summary: failure?.message, help: failure?.hint }]);
      }
      expect(await failureOf(name, { excludeTables: ['t`*'] })).toBeUndefined();
      expect((await ahead(name, { ...holdsAll, excludedTables: ['t`*'] }))?.refused).toEqual([]);
    },
  );
});
