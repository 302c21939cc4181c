import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flavours, startMysql, type TestMysql } from '../support/mysql.ts';
import { stubMysql } from '../support/stub-mysql.ts';
import { openWorkspace, type Ran, type Workspace } from '../support/workspace.ts';

describe.each(flavours)('$engine $version', (flavour) => {
  let server: TestMysql;
  let work: Workspace;
  const env = { PASSWORD: 'root', KEEPER: 'p' };
  const spec = (declared: object = {}): object => ({
    servers: {
      main: {
        engine: flavour.engine,
        host: server.socket,
        user: 'root',
        password: { env: 'PASSWORD' },
        clients: server.binaries,
        ...declared,
      },
    },
    // One program, so that the one that lies has the table it lies about.
    databases: { shop: { server: 'main', dump: { jobs: 1 } } },
  });
  const apply = (): Promise<Ran> => work.backup(['apply', '--auto-approve', '--now'], { env });
  const committed = async (): Promise<readonly string[]> => {
    const names = await readdir(join(work.repository, 'manifests'), { recursive: true }).catch(() => []);
    return names.filter((name) => name.endsWith('.json')).sort();
  };
  beforeAll(async () => {
    server = await startMysql(flavour);
    await server.sql(undefined, 'CREATE DATABASE shop');
    await server.sql(
      'shop',
      `CREATE TABLE orders (id int PRIMARY KEY, note varchar(100)); INSERT INTO orders VALUES (1, 'canary row'), (2, 'canary row');
       CREATE TABLE small (a int); INSERT INTO small VALUES (1);
       CREATE TRIGGER tr BEFORE INSERT ON small FOR EACH ROW SET NEW.a = NEW.a + 1;
       CREATE PROCEDURE p() SELECT 1`,
    );
    work = await openWorkspace(spec());
    for (const ran of [await work.backup(['repository', 'init'], { env }), await apply()])
      if (ran.code !== 0) throw new Error(ran.stderr + ran.stdout);
  });
  afterAll(async () => {
    await work[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  /** What an apply said and left, once the next one has run with the real programs. */
  const aftermath = async ({ stdout, stderr, code }: Ran, before: readonly string[]): Promise<object> => {
    const said = stdout + stderr;
    const left = await committed();
    await work.spec(spec());
    const verified = await work.backup(['verify', '--all'], { env });
    const next = await apply();
    return {
      code,
      codes: [...new Set([...said.matchAll(/\[(dump\/[a-z-]+|capture\/refused)\]/g)].map((found) => found[1]))],
      showsRows: said.includes('canary row'),
      made: left.length - before.length,
      verified: verified.code,
      next: next.code,
      madeNext: (await committed()).length - left.length,
    };
  };
  /** Whatever went wrong: no new backup, the older ones are whole, and the next run works by itself. */
  const red = { showsRows: false, made: 0, verified: 0, next: 0, madeNext: 1 } as const;

  test.for([
    { how: 'truncates', code: 'dump/truncated' },
    { how: 'cuts-at-statement', code: 'dump/truncated' },
    { how: 'loses-trigger', code: 'dump/entry-missing' },
    { how: 'drops-row', code: 'dump/count-mismatch' },
    { how: 'dies', code: 'dump/failed' },
  ])('apply with a dump program that $how is red', async ({ how, code }) => {
    const before = await committed();
    await using clients = await stubMysql(how, server);
    await work.spec(spec({ clients: clients.folder }));
    expect(await aftermath(await apply(), before)).toEqual({ ...red, codes: [code], code: 1 });
  });

  test('apply by a login without the right to triggers and routines is red, and says what to grant', async () => {
    const before = await committed();
    await server.sql(
      undefined,
      "CREATE USER keeper@localhost IDENTIFIED BY 'p'; GRANT SELECT, SHOW VIEW, LOCK TABLES ON shop.* TO keeper@localhost",
    );
    await work.spec(spec({ user: 'keeper', password: { env: 'KEEPER' } }));
    const ran = await apply();
    expect(ran.stdout + ran.stderr).toContain('GRANT TRIGGER, EVENT ON `shop`.* TO `keeper`@`localhost`');
    expect(await aftermath(ran, before)).toEqual({ ...red, codes: ['capture/refused'], code: 24 });
  });
});
