import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { madeOn } from '../../../src/engine/clean-server.ts';
import { flavours as vendors } from '../../../src/engine/mysql/flavour.ts';
import { openSession } from '../../../src/engine/mysql/session.ts';
import type { DrillReport } from '../../../src/run/drill-report.ts';
import type { DesiredTarget } from '../../../src/spec/desired.ts';
import { differencesOf, drillInProcess, failedChecks, strictOf } from '../../support/drill.ts';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';
import { nastyMysqlDatabase, startNastyMysql } from '../../support/mysql-nasty.ts';
import { startMysqlShop } from '../../support/mysql-shop.ts';
import { declaredMysql, disposableMysql, localMysqlTarget } from '../../support/mysql-workspace.ts';
import { backUpAll, openWorkspace, type Workspace } from '../../support/workspace.ts';

interface Drills {
  readonly drills: readonly DrillReport[];
}

describe('everything that has ever broken a backup', () => {
  test.for(flavours)('survives apply and drill on $engine $version', async (flavour) => {
    await using source = await startNastyMysql(flavour);
    await using workspace = await openWorkspace({
      servers: { main: await declaredMysql(source) },
      targets: { clean: localMysqlTarget(source) },
      databases: { nasty: { server: 'main', database: nastyMysqlDatabase, drill: { target: 'clean' } } },
    });
    await backUpAll(workspace);
    const { drills } = await workspace.json<Drills>(['drill']);
    const [report] = drills;
    if (report === undefined) throw new Error('no drill was reported');
    // All of what is not equal: no statement of MariaDB shows it.
    expect(differencesOf(report)).toEqual(
      flavour.engine === 'mariadb' ? ['informational column `shapes`.`shape` srid'] : [],
    );
    expect(failedChecks(report)).toEqual([]);
    expect(report).toMatchObject({
      verdict: 'passed',
      reached: 'L5',
      restoration: { state: 'succeeded' },
      teardown: { state: 'done' },
    });
  });
});

describe('an event in a named time zone', () => {
  test.for(flavours)('comes back on a new server of $engine $version, which is given the zone', async (flavour) => {
    await using source = await startMysqlShop(flavour);
    const program = vendors[flavour.engine].throwaway.zonePrograms
      .map((name) => join(source.binaries, name))
      .find((path) => existsSync(path));
    const zone = 'Europe/Berlin';
    const { stdout } = await execa(program ?? '', [`/usr/share/zoneinfo/${zone}`, zone]);
    await source.script('mysql', stdout);
    await source.script(
      'shop',
      `SET time_zone = '${zone}'; CREATE EVENT summer ON SCHEDULE EVERY 1 DAY STARTS '2030-07-01 02:30:00' DISABLE DO DO 1;`,
    );
    await using workspace = await openWorkspace({
      servers: { main: await declaredMysql(source) },
      targets: { clean: localMysqlTarget(source) },
      databases: { shop: { server: 'main', drill: { target: 'clean' } } },
    });
    await backUpAll(workspace);
    const { drills } = await workspace.json<Drills>(['drill']);
    expect(drills.flatMap(differencesOf)).toEqual([]);
    expect(drills).toMatchObject([{ verdict: 'passed' }]);
  });
});

interface Sabotage {
  readonly what: string;
  readonly sql: string;
  /** Every strict difference, and every failed check. */
  readonly strict: readonly string[];
  readonly failed: readonly string[];
}

/** Roles have hosts in MySQL. */
const sabotages = (
  engine: TestMysql['engine'],
  role = engine === 'mysql' ? 'reader@%' : 'reader',
): readonly Sabotage[] => [
  { what: 'a row is lost', sql: 'DELETE FROM orders WHERE id = 7', strict: [], failed: ['data `orders`'] },
  {
    what: 'one value is another, and the count the same',
    sql: "UPDATE orders SET note = 'n7x' WHERE id = 7",
    strict: [],
    failed: ['data `orders`'],
  },
  {
    what: 'one of two equal rows without a key is lost',
    sql: 'DELETE FROM unkeyed WHERE a = 1 LIMIT 1',
    strict: [],
    failed: ['data `unkeyed`'],
  },
  {
    what: 'a privilege on a table is lost',
    sql: "REVOKE INSERT ON orders FROM shop_app@'%'",
    strict: ['grant shop_app@% on table orders'],
    failed: ['access grant'],
  },
  {
    what: 'a privilege on the database is lost',
    sql: 'REVOKE SELECT ON shop.* FROM reader',
    strict: [`grant ${role} on this database`],
    failed: ['access grant'],
  },
  {
    what: 'a membership is revoked',
    sql: "REVOKE reader FROM shop_app@'%'",
    // MySQL takes the default role away with the role; MariaDB keeps its name, which means nothing without the role.
    strict: ['default-role shop_app@%', `role-edge ${role} to shop_app@%`],
    failed: ['access default-role', 'access role-edge'],
  },
  {
    what: 'a password is another',
    sql: "ALTER USER shop_app@'%' IDENTIFIED BY 'another'",
    strict: ['account shop_app@% verifier'],
    failed: ['access account'],
  },
  {
    what: 'a trigger is dropped',
    sql: 'DROP TRIGGER trimmed',
    strict: ['trigger `trimmed`'],
    failed: ['structure trigger'],
  },
  {
    what: 'a procedure is dropped',
    sql: 'DROP PROCEDURE tidy',
    strict: ['grant shop_app@% on procedure tidy', 'routine procedure `tidy`'],
    failed: ['access grant', 'structure routine'],
  },
  { what: 'an event is dropped', sql: 'DROP EVENT nightly', strict: ['event `nightly`'], failed: ['structure event'] },
  {
    what: 'a view has another definer',
    sql: 'ALTER DEFINER = root@localhost VIEW recent AS SELECT id, note FROM orders WHERE id > 400',
    strict: ['view `recent` definer'],
    failed: ['structure view'],
  },
  {
    what: 'a foreign key is dropped',
    sql: 'ALTER TABLE orders DROP FOREIGN KEY of_customer',
    strict: ['foreign-key `orders`.`of_customer`'],
    failed: ['structure foreign-key'],
  },
  {
    what: 'the next number of a table is another',
    sql: 'ALTER TABLE orders AUTO_INCREMENT = 9000',
    strict: ['auto-increment `orders` high', 'auto-increment `orders` low'],
    failed: ['structure auto-increment'],
  },
];

describe.each(flavours)('a restore of $engine $version that is not whole is red and named:', (flavour) => {
  let source: TestMysql;
  let spare: TestMysql;
  let workspace: Workspace;
  let disposable: DesiredTarget;
  beforeAll(async () => {
    source = await startMysqlShop(flavour);
    spare = await startMysql({ ...flavour, settings: { 'event-scheduler': 'OFF' } });
    disposable = await disposableMysql(spare);
    workspace = await openWorkspace({
      servers: { main: await declaredMysql(source) },
      databases: { shop: { server: 'main' } },
    });
    await backUpAll(workspace);
  });
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]();
    await spare[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
  });

  const drillWith = (sql: string | undefined): Promise<DrillReport> =>
    drillInProcess(workspace, source, 'shop', {
      target: disposable,
      restore: (restore) => async (server, request, artefacts, events) => {
        const restored = await restore(server, request, artefacts, events);
        if (sql === undefined) return restored;
        await using session = await openSession(server, vendors[flavour.engine], { database: restored.database });
        await session.run(sql);
        return restored;
      },
    });

  test('nothing, where nothing is wrong', async () => {
    const report = await drillWith(undefined);
    expect(failedChecks(report)).toEqual([]);
    expect(differencesOf(report)).toEqual([]);
    expect(report).toMatchObject({ verdict: 'passed', reached: 'L5', teardown: { state: 'done' } });
  });

  test.for(sabotages(flavour.engine))('$what', async ({ sql, strict, failed }) => {
    const report = await drillWith(sql);
    expect(report).toMatchObject({
      verdict: 'failed',
      restoration: { state: 'succeeded' },
      teardown: { state: 'done' },
    });
    expect(strictOf(report)).toEqual(strict);
    expect(failedChecks(report)).toEqual(failed);
  });

  test('what the vendor’s own programs bring back without a word of options', async () => {
    const report = await drillInProcess(workspace, source, 'shop', {
      target: disposable,
      restore: () => async (server) => {
        await spare.sql(undefined, 'CREATE DATABASE shop');
        // As a restore does, so that the teardown takes it away.
        madeOn(server)?.databases.add('shop');
        await pipeDump(source, spare);
        return { database: 'shop', steps: [], notes: [] };
      },
    });
    expect(report).toMatchObject({ verdict: 'failed', teardown: { state: 'done' } });
    const strict = strictOf(report);
    expect(strict).toEqual(
      expect.arrayContaining([
        'account shop_app@%',
        'account shop_owner@localhost',
        'database this database collation',
        'event `nightly`',
        'grant shop_app@% on table orders',
        'routine procedure `tidy`',
      ]),
    );
    expect(failedChecks(report)).toEqual(expect.arrayContaining(['access account', 'access grant', 'structure event']));
  });

  test.for([
    { without: 'roles', strict: 'account shop_app@%' },
    { without: 'supplement', strict: 'grant shop_app@% on table orders' },
    { without: 'views', strict: 'view `recent`' },
  ] as const)('our own order without $without', async ({ without, strict }) => {
    const left: readonly string[] = without === 'views' ? ['views', 'grants'] : [without];
    const report = await drillInProcess(workspace, source, 'shop', {
      target: disposable,
      restore: (restore) => (server, request, artefacts, events) => {
        const steps = request.manifest.steps.filter(({ phase }) => !left.includes(phase) && phase !== 'grants');
        const more = without === 'roles' ? steps.filter(({ phase }) => phase !== 'supplement') : steps;
        return restore(server, { ...request, manifest: { ...request.manifest, steps: more } }, artefacts, events);
      },
    });
    expect(report).toMatchObject({ verdict: 'failed', restoration: { state: 'succeeded' } });
    expect(strictOf(report)).toContain(strict);
  });
});

/** `mysqldump shop | mysql shop`. */
async function pipeDump(from: TestMysql, to: TestMysql): Promise<void> {
  const [dump = ''] = vendors[from.engine].programs.dump;
  const [client = ''] = vendors[to.engine].programs.client;
  const at = (server: TestMysql): readonly string[] => [
    '--no-defaults',
    '--user=root',
    `--socket=${server.socket}`,
    'shop',
  ];
  const environment = (server: TestMysql): object => ({ extendEnv: false, env: { MYSQL_PWD: server.password } });
  await execa(join(from.binaries, dump), at(from), environment(from)).pipe(
    join(to.binaries, client),
    at(to),
    environment(to),
  );
}
