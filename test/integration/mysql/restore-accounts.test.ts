import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { mintCleanServer, mintOpenServer } from '../../../src/engine/clean-server.ts';
import type { RestoreRequest } from '../../../src/engine/engine.ts';
import { readAccess, restoredAccess, type Access } from '../../../src/engine/mysql/access.ts';
import { refuseAccountConflicts } from '../../../src/engine/mysql/account-conflicts.ts';
import { accountFacts } from '../../../src/engine/mysql/account-facts.ts';
import { checkAccounts } from '../../../src/engine/mysql/check-accounts.ts';
import { clear } from '../../../src/engine/mysql/clear.ts';
import { flavours as vendors } from '../../../src/engine/mysql/flavour.ts';
import { tryLogin } from '../../../src/engine/mysql/logins.ts';
import { quoteAccount } from '../../../src/engine/mysql/quote.ts';
import { restoreAccounts, restoreObjectGrants } from '../../../src/engine/mysql/restore-accounts.ts';
import { openSession } from '../../../src/engine/mysql/session.ts';
import type { ServerAccess } from '../../../src/engine/server-access.ts';
import type { Fact, Holds, Manifest } from '../../../src/manifest/manifest.ts';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';

const database = 'shop_db';
const holds: Holds = {
  roles: 'referenced',
  passwords: 'hashes',
  include: [],
  exclude: [],
  excludedTables: [],
  excludedTableData: [],
};

describe.each(flavours)('restoring accounts onto a $engine $version in use', ({ engine, version }) => {
  const flavour = vendors[engine];
  const isMysql = engine === 'mysql';
  let source: TestMysql;
  let target: TestMysql;
  let access: Access;

  beforeAll(async () => {
    source = await startMysql({ engine, version });
    target = await startMysql({ engine, version, tcp: true, settings: { 'skip-name-resolve': 'ON' } });
    await source.script(
      undefined,
      [
        `CREATE DATABASE ${database}; CREATE TABLE ${database}.items (id int PRIMARY KEY, name text);`,
        "CREATE USER app@'%' IDENTIFIED BY 'app'; CREATE USER admin@localhost IDENTIFIED BY 'of the source';",
        'CREATE ROLE reading; CREATE ROLE writing;',
        `GRANT SELECT ON \`shop\\_db\`.* TO reading; GRANT INSERT ON ${database}.* TO writing;`,
        "GRANT reading TO writing; GRANT writing TO app@'%' WITH ADMIN OPTION;",
        isMysql ? "SET DEFAULT ROLE writing TO app@'%';" : "SET DEFAULT ROLE writing FOR app@'%';",
        `GRANT UPDATE (name) ON ${database}.items TO app@'%'; GRANT ALL ON ${database}.* TO admin@localhost;`,
      ].join('\n'),
    );
    await target.script(
      undefined,
      [
        `CREATE DATABASE ${database}; CREATE TABLE ${database}.items (id int PRIMARY KEY, name text);`,
        "CREATE USER admin@localhost IDENTIFIED BY 'of the target'; GRANT ALL ON *.* TO admin@localhost WITH GRANT OPTION;",
      ].join('\n'),
    );
    await using session = await openSession(source.access(), flavour);
    access = await readAccess(session, flavour, { database, holds, digestKey: undefined });
  });
  afterAll(async () => {
    await source[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  });

  const admin = (): ServerAccess => {
    const server = target.access();
    return { ...server, connection: { ...server.connection, user: 'admin', password: new Secret('of the target') } };
  };
  const requestOf = (facts: readonly Fact[], overwriteRoles = false): RestoreRequest =>
    ({
      contents: { inventory: facts },
      manifest: { address: { server: 'x', database }, holds, steps: [{ phase: 'roles' }] } as unknown as Manifest,
      jobs: 1,
      overwriteRoles,
      overwriteDatabase: false,
      signal: AbortSignal.timeout(60_000),
    }) as unknown as RestoreRequest;
  const restore = async (request: RestoreRequest): Promise<void> => {
    const server = mintOpenServer(admin());
    await refuseAccountConflicts(server, flavour, request);
    await restoreAccounts(server, flavour, { request, preamble: [] });
    await restoreObjectGrants(server, flavour, { request, preamble: [] });
  };
  const factsOfTarget = async (): Promise<readonly Fact[]> => {
    await using session = await openSession(target.access(), flavour);
    const { contents } = requestOf(access.facts);
    return await restoredAccess(session, flavour, { database, contents });
  };
  const notOfAdmin = (facts: readonly Fact[]): readonly Fact[] =>
    facts.filter(({ name, value }) => !name.includes('admin') && value['bootstrap'] !== true);

  test('makes what is missing, leaves the account that it uses alone, and does nothing the second time', async () => {
    await restore(requestOf(access.facts));
    expect(notOfAdmin(await factsOfTarget())).toStrictEqual(notOfAdmin(access.facts));
    await restore(requestOf(access.facts));
    expect(notOfAdmin(await factsOfTarget())).toStrictEqual(notOfAdmin(access.facts));
    await using session = await openSession(admin(), flavour);
    expect(await session.query('SELECT 1 AS one')).toHaveLength(1);
  });

  test('refuses to change an account, and does where it is told to', async () => {
    await target.sql(undefined, "ALTER USER app@'%' IDENTIFIED BY 'changed' ACCOUNT LOCK");
    await expect(restore(requestOf(access.facts))).rejects.toMatchObject({
      code: 'restore/role-differs',
      message: expect.stringMatching(/account "app@%" \((locked, verifier|verifier, locked)\)/) as unknown,
    });
    await restore(requestOf(access.facts, true));
    expect(notOfAdmin(await factsOfTarget())).toStrictEqual(notOfAdmin(access.facts));
  });

  test('says which statement a server refused, and nothing secret', async () => {
    const facts = access.facts.map((fact) =>
      fact.kind === 'account' && fact.name === 'app@%'
        ? { ...fact, name: 'else@%', value: { ...fact.value, user: 'else', plugins: ['from_elsewhere'] } }
        : fact,
    );
    const [secret = ''] = accountFacts(facts).find(({ user }) => user === 'else')?.verifier ?? [];
    const failure = await restore(requestOf(facts, true)).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'restore/failed',
      message: expect.stringMatching(/^CREATE USER IF NOT EXISTS else@%: .*from_elsewhere/) as unknown,
    });
    expect(secret.length).toBeGreaterThan(20);
    expect(JSON.stringify(failure)).not.toContain(secret);
  });

  test('lets logins be tried over the network as well', async () => {
    const local = target.access();
    const server: ServerAccess = {
      ...local,
      connection: { ...local.connection, host: '127.0.0.1', port: target.port, tls: { mode: 'prefer' } },
    };
    const login = { role: 'app@%', password: new Secret('app') };
    expect(await tryLogin(flavour)(mintOpenServer(server), database, login)).toStrictEqual({
      role: 'app@%',
      passwordsChecked: true,
      accepted: true,
      wrongPasswordRefused: true,
      detail: undefined,
    });
    const plain = { ...server, connection: { ...server.connection, tls: { mode: 'disable' } as const } };
    expect(await tryLogin(flavour)(mintOpenServer(plain), database, login)).toMatchObject({ accepted: true });
    const elsewhere = await tryLogin(flavour)(mintOpenServer(server), database, { ...login, role: 'admin@localhost' });
    expect(elsewhere.detail).toMatch(/is for localhost, and this connection comes from/);
  });

  test('says before it begins what the accounts need of the server', async () => {
    const account = access.facts.find(({ kind }) => kind === 'account') as Fact;
    const grant = access.facts.find(({ kind }) => kind === 'grant') as Fact;
    const strange: readonly Fact[] = [
      { ...account, value: { ...account.value, plugins: ['from_elsewhere'] } },
      { ...grant, value: { ...grant.value, privileges: ['FLY'] } },
    ];
    await using session = await openSession(target.access(), flavour);
    const found = await checkAccounts(session, requestOf(strange), { isClean: false });
    expect(found.map(({ severity, summary }) => `${severity}: ${summary}`)).toStrictEqual([
      'error: authentication plugin from_elsewhere is not available',
      'error: the target does not know the privilege FLY',
    ]);
    expect(await checkAccounts(session, requestOf(access.facts), { isClean: false })).toStrictEqual([]);
  });

  test('names rules for passwords that bite on hashes, and passes those that do not', async () => {
    const empty = access.facts.map((fact) =>
      fact.name === 'app@%' && fact.kind === 'account' ? { ...fact, value: { ...fact.value, verifier: [''] } } : fact,
    );
    await target.sql(
      undefined,
      isMysql ? "INSTALL COMPONENT 'file://component_validate_password'" : "INSTALL SONAME 'simple_password_check'",
    );
    try {
      await using session = await openSession(target.access(), flavour);
      const summaries = async (facts: readonly Fact[]): Promise<readonly string[]> =>
        (await checkAccounts(session, requestOf(facts), { isClean: false })).map(({ summary }) => summary);
      const strict =
        'the target takes no password hashes (strict_password_validation with a plugin that checks passwords)';
      expect(await summaries(access.facts)).toStrictEqual(isMysql ? [] : [strict]);
      if (!isMysql) await session.run('SET GLOBAL strict_password_validation = OFF');
      expect(await summaries(empty)).toStrictEqual([
        'the target refuses accounts without a password (error 1819), as these are: app@%',
      ]);
      expect(await summaries(access.facts)).toStrictEqual([]);
      // And so it is: hashes come back all the same, and roles, which have no password at all.
      await session.run("DROP USER app@'%'");
      for (const role of ['reading', 'writing']) await session.run(isMysql ? `DROP USER ${role}` : `DROP ROLE ${role}`);
      await restore(requestOf(access.facts));
      expect(notOfAdmin(await factsOfTarget())).toStrictEqual(notOfAdmin(access.facts));
    } finally {
      await target.sql(
        undefined,
        isMysql
          ? "UNINSTALL COMPONENT 'file://component_validate_password'"
          : "UNINSTALL SONAME 'simple_password_check'",
      );
    }
  });

  test.for(isMysql ? ['MySQL'] : [])(
    'carries several factors, a second password, used passwords and empty hosts',
    async () => {
      await using from = await startMysql({ engine, version });
      await using to = await startMysql({ engine, version });
      await from.script(
        undefined,
        [
          "INSTALL PLUGIN auth_socket SONAME 'auth_socket.so';",
          "CREATE USER factors@localhost IDENTIFIED BY 'x' AND IDENTIFIED WITH auth_socket AS 'somebody';",
          "CREATE USER used@localhost IDENTIFIED BY 'one' PASSWORD HISTORY 5; ALTER USER used@localhost IDENTIFIED BY 'two';",
          "ALTER USER used@localhost IDENTIFIED BY 'three' RETAIN CURRENT PASSWORD;",
          "CREATE USER everywhere@'' IDENTIFIED BY 'x'; CREATE USER everywhere@'%' IDENTIFIED BY 'y';",
          "CREATE USER mapped@localhost IDENTIFIED WITH auth_socket AS 'nobody';",
        ].join('\n'),
      );
      await using session = await openSession(from.access(), flavour);
      const { facts } = await readAccess(session, flavour, {
        database,
        holds: { ...holds, roles: 'all' },
        digestKey: undefined,
      });
      expect(accountFacts(facts).find(({ user }) => user === 'used')?.usedVerifiers).toHaveLength(2);
      await to.sql(undefined, "INSTALL PLUGIN auth_socket SONAME 'auth_socket.so'");
      const server = mintOpenServer(to.access());
      await restoreAccounts(server, flavour, { request: requestOf(facts), preamble: [] });
      await using there = await openSession(to.access(), flavour);
      const { contents } = requestOf(facts);
      expect(await restoredAccess(there, flavour, { database, contents })).toStrictEqual(facts);
      await expect(there.run("ALTER USER used@localhost IDENTIFIED BY 'one'")).rejects.toMatchObject({ errno: 3638 });
    },
  );
});

test.for(flavours.filter(({ engine }) => engine === 'mysql'))(
  'accounts of $engine $version without a host are removed after a drill, and no others of their name',
  async (flavour) => {
    await using server = await startMysql(flavour);
    await server.sql(undefined, "CREATE USER same@'', same@'%'");
    const target = mintCleanServer(server.access(), { silent: [], release: () => Promise.resolve() });
    target.made.roles.add(quoteAccount({ user: 'same', host: '' }));
    await clear(vendors.mysql)(target);
    expect(await server.sql(undefined, "SELECT Host FROM mysql.user WHERE User = 'same'")).toEqual([{ Host: '%' }]);
  },
);
