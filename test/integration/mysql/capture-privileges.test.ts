import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { OperationError } from '../../../src/base/operation-error.ts';
import { flavours as engineFlavours } from '../../../src/engine/mysql/flavour.ts';
import { observe } from '../../../src/engine/mysql/observe.ts';
import type { ServerAccess } from '../../../src/engine/server-access.ts';
import { captureMysql, type KeptMysqlCapture, type MysqlCaptureWish } from '../../support/capture-mysql.ts';
import { holdsAll } from '../../support/capture.ts';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';

const database = 'sh_op';

describe.each(flavours)('$engine $version', (flavour) => {
  let server: TestMysql;
  beforeAll(async () => {
    server = await startMysql({ ...flavour, settings: { 'log-bin-trust-function-creators': '1' } });
    await server.sql(undefined, `CREATE DATABASE ${database}; CREATE DATABASE shXop`);
    await server.script(
      database,
      `CREATE TABLE a (id int PRIMARY KEY);
       INSERT INTO a VALUES (1), (2);
       CREATE VIEW v AS SELECT id FROM a;
       CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.id = NEW.id + 1;
       CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1;
       CREATE PROCEDURE p() SELECT 1;
       CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DO SELECT 1;`,
    );
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** A new login without any privilege but the grant tables, which accounts are read from. */
  const login = async (name: string): Promise<ServerAccess> => {
    await server.sql(
      undefined,
      `CREATE USER \`${name}\`@localhost IDENTIFIED BY 'p'; GRANT SELECT ON mysql.* TO \`${name}\`@localhost`,
    );
    const access = server.access();
    return { ...access, connection: { ...access.connection, user: name, password: new Secret('p') } };
  };
  const tried = (access: ServerAccess, wish: MysqlCaptureWish = {}): Promise<KeptMysqlCapture | OperationError> =>
    captureMysql(server, database, { ...wish, access }).catch((error: unknown) => {
      if (error instanceof OperationError) return error;
      throw error;
    });
  const everything = `GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON \`sh\\_op\`.* TO`;

  test('a login that cannot read all is refused, until it was granted what the refusal asks for', async () => {
    const access = await login('keeper');
    // MariaDB's routines are in mysql.proc, which the login can read with the grant tables.
    if (flavour.engine === 'mariadb')
      await server.sql(
        undefined,
        `REVOKE SELECT ON mysql.* FROM keeper@localhost; ${(
          await server.sql(
            undefined,
            "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME <> 'proc'",
          )
        )
          .map(({ name }) => `GRANT SELECT ON mysql.\`${name}\` TO keeper@localhost;`)
          .join(' ')}`,
      );
    const asked: string[] = [];
    let outcome = await tried(access, { holds: { roles: 'none' } });
    for (let turn = 0; outcome instanceof OperationError && turn < 5; turn += 1) {
      const all = [...(outcome.hint ?? '').matchAll(/Run: (GRANT [^;]*);/g)].map(([, sql = '']) => sql);
      asked.push(...all);
      await server.sql(undefined, all.join('; '));
      outcome = await tried(access, { holds: { roles: 'none' } });
    }
    expect(asked.map((sql) => sql.replace(/ TO .*/, ''))).toEqual([
      'GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `sh\\_op`.*',
      ...(flavour.engine === 'mysql'
        ? ['GRANT SHOW_ROUTINE ON *.*', 'GRANT SELECT ON performance_schema.*']
        : ['GRANT SELECT ON mysql.proc']),
    ]);
    if (outcome instanceof OperationError) throw outcome;
    await using capture = outcome;
    const { entries, degradations } = capture.captured;
    expect(entries.map(({ subject }) => subject)).toEqual(expect.arrayContaining(['`a`', 'views.sql']));
    expect((await capture.dumped('`a`')).match(/ TRIGGER /g)).toHaveLength(1);
    const sections = entries.filter(({ kind }) => kind === 'dump-section');
    const rest = (await Promise.all(sections.map(({ file }) => capture.dumped(file)))).join('');
    for (const what of [/FUNCTION `f`/, /PROCEDURE `p`/, /EVENT `e`/]) expect(rest).toMatch(what);
    expect(degradations.map(({ code }) => code)).toContain('snapshot-not-shared');
  });

  test.for(['SELECT', 'SHOW VIEW', 'TRIGGER', 'EVENT'])(
    'without %s there is no backup, and a plan says so',
    async (privilege) => {
      const name = `no ${privilege.toLowerCase()}`;
      const access = await login(name);
      await server.sql(
        undefined,
        `GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES ON *.* TO \`${name}\`@localhost`,
      );
      await server.sql(undefined, `REVOKE ${privilege} ON *.* FROM \`${name}\`@localhost`);
      const outcome = await tried(access);
      expect(outcome).toMatchObject({
        code: 'capture/refused',
        hint: expect.stringContaining(
          `Run: GRANT ${privilege} ON \`sh\\_op\`.* TO \`${name}\`@\`localhost\`;`,
        ) as string,
      });
      const observed = await observe(engineFlavours[flavour.engine])(access, {
        databases: new Map([[database, { holds: holdsAll }]]),
        digestKey: undefined,
        signal: new AbortController().signal,
      });
      const seen =
        observed.state === 'reachable' ? observed.databases.find((each) => each.name === database) : undefined;
      expect(seen?.preflight?.refused.slice(0, 1)).toMatchObject([
        { code: 'capture/refused', subject: `server/${database}` },
      ]);
    },
  );

  test('privileges that come with a role count where it is active', async () => {
    const access = await login('by_role');
    const role = flavour.engine === 'mysql' ? "'reader'@'%'" : 'reader';
    await server.sql(
      undefined,
      `CREATE ROLE reader; ${everything} ${role}; GRANT ${flavour.engine === 'mysql' ? 'SHOW_ROUTINE' : 'SELECT'} ON *.* TO ${role};
       GRANT SELECT, RELOAD, PROCESS ON *.* TO ${role}; GRANT ${role} TO by_role@localhost`,
    );
    expect(await tried(access)).toMatchObject({ code: 'capture/refused' });
    await server.sql(
      undefined,
      flavour.engine === 'mysql'
        ? `SET DEFAULT ROLE ${role} TO by_role@localhost`
        : `SET DEFAULT ROLE reader FOR by_role@localhost`,
    );
    const outcome = await tried(access);
    expect(outcome).not.toBeInstanceOf(OperationError);
    if (outcome instanceof OperationError) return;
    await using capture = outcome;
    expect(capture.captured.degradations.map(({ code }) => code)).not.toContain('snapshot-not-shared');
  });

  test('without the privilege to lock, a dump is consistent in itself and the rest is named', async () => {
    const access = await login('no_lock');
    await server.sql(undefined, `GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO no_lock@localhost`);
    const outcome = await tried(access, { dump: { jobs: 4 } });
    if (outcome instanceof OperationError) throw outcome;
    await using capture = outcome;
    expect(capture.captured.degradations).toContainEqual({
      code: 'snapshot-not-shared',
      subject: 'snapshot',
      detail: expect.stringContaining('GRANT RELOAD ON *.* TO `no_lock`@`localhost`') as string,
    });
  });

  test('a login that sees no transactions of others can capture all the same', async () => {
    const access = await login('no_process');
    await server.sql(undefined, `GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, RELOAD ON *.* TO no_process@localhost`);
    const outcome = await tried(access);
    if (outcome instanceof OperationError) throw outcome;
    await using capture = outcome;
    expect(capture.captured.degradations.map(({ code }) => code)).not.toContain('snapshot-not-shared');
  });
});
