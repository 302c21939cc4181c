import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { mintOpenServer } from '../../../src/engine/clean-server.ts';
import type { LoginOutcome, RestoreRequest } from '../../../src/engine/engine.ts';
import { readAccess, restoredAccess, type Access } from '../../../src/engine/mysql/access.ts';
import { findAccounts, type AccountsFound } from '../../../src/engine/mysql/account-conflicts.ts';
import { accountFacts } from '../../../src/engine/mysql/account-facts.ts';
import { loadPlugins } from '../../../src/engine/mysql/account-plugins.ts';
import { accountsSql, accountsText } from '../../../src/engine/mysql/accounts-sql.ts';
import { checkAccounts } from '../../../src/engine/mysql/check-accounts.ts';
import { flavours as vendors } from '../../../src/engine/mysql/flavour.ts';
import { tryLogin } from '../../../src/engine/mysql/logins.ts';
import { openSession } from '../../../src/engine/mysql/session.ts';
import type { Contents, Fact, Holds } from '../../../src/manifest/manifest.ts';
import { nastyMysqlDatabase as database, startNastyMysql } from '../../support/mysql-nasty.ts';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';

const holds: Holds = {
  roles: 'referenced',
  passwords: 'hashes',
  include: [],
  exclude: [],
  excludedTables: [],
  excludedTableData: [],
};
const digestKey = new Secret('key');

describe.each(flavours)('accounts of $engine $version', ({ engine, version }) => {
  const flavour = vendors[engine];
  const isMysql = engine === 'mysql';
  const settings = isMysql ? { 'partial-revokes': 'ON' } : {};
  const options = { flavour, database, literalNames: isMysql, passwords: 'hashes' } as const;
  let source: TestMysql;
  let target: TestMysql;
  let whole: Access;

  beforeAll(async () => {
    source = await startNastyMysql({ engine, version, settings });
    target = await startMysql({ engine, version, settings });
    whole = await accessOf(source, { roles: 'all' });
    await restoreOnto(target, whole);
  });
  afterAll(async () => {
    await source[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  });

  const accessOf = async (server: TestMysql, changed: Partial<Holds>, name = database): Promise<Access> => {
    await using session = await openSession(server.access(), flavour);
    return await readAccess(session, flavour, { database: name, holds: { ...holds, ...changed }, digestKey });
  };
  const run = async (server: TestMysql, statements: readonly string[]): Promise<void> => {
    await using session = await openSession(server.access(), flavour);
    for (const sql of statements) await session.run(sql);
  };
  const factsOn = async (server: TestMysql, facts: readonly Fact[], name = database): Promise<readonly Fact[]> => {
    await using session = await openSession(server.access(), flavour);
    return await restoredAccess(session, flavour, { database: name, contents: contentsOf(facts) });
  };
  /** As a restore does it: accounts, tables and routines, privileges, views, privileges again. */
  const restoreOnto = async (server: TestMysql, { facts }: Pick<Access, 'facts'>, as?: string): Promise<void> => {
    await using session = await openSession(server.access(), flavour);
    await loadPlugins(session, facts);
    const { pre, post } = accountsSql(facts, { ...options, ...(as === undefined ? {} : { as }) });
    await run(server, pre);
    await copyStructure({ from: source, to: server, part: 'tables', as });
    await run(server, post);
    await copyStructure({ from: source, to: server, part: 'views', as });
    await run(server, post);
  };
  const login = (role: string, password: string): Promise<LoginOutcome> =>
    tryLogin(flavour)(mintOpenServer(target.access()), 'information_schema', { role, password: new Secret(password) });
  const found = async (facts: readonly Fact[]): Promise<AccountsFound> => {
    await using session = await openSession(target.access(), flavour);
    return await findAccounts(session, flavour, { contents: contentsOf(facts), database });
  };

  test('come back on a clean server as they were', async () => {
    expect(await factsOn(target, whole.facts)).toStrictEqual(whole.facts);
    const again = await accessOf(target, { roles: 'all' });
    expect(again.text).toBe(whole.text);
    expect(again.passwords).toStrictEqual(whole.passwords);
    expect(again.degradations).toStrictEqual(whole.degradations);
  });

  // Nothing like it is in MariaDB.
  test.for(isMysql ? [engine] : [])('keep every digit of their attributes on %s', async () => {
    const attributes = async (server: TestMysql): Promise<unknown> =>
      server.sql(
        undefined,
        "SELECT User_attributes->'$.metadata' AS kept FROM mysql.user WHERE User = 'app' AND Host = '%'",
      );
    expect(await attributes(target)).toStrictEqual(await attributes(source));
  });

  test('come back by the script that a person runs, which runs twice', async () => {
    const { pre, post } = accountsText(whole.facts, options);
    await target.script(undefined, pre);
    await target.script(undefined, post);
    expect(await factsOn(target, whole.facts)).toStrictEqual(whole.facts);
  });

  test('need nothing that the target lacks, and are no conflict with what is equal', async () => {
    await using session = await openSession(target.access(), flavour);
    const request = { contents: contentsOf(whole.facts), manifest: { holds } } as unknown as RestoreRequest;
    expect(await checkAccounts(session, request, { isClean: false })).toStrictEqual([]);
    const { conflicts, settled } = await found(whole.facts);
    expect(conflicts).toStrictEqual([]);
    expect(settled.size).toBe(whole.facts.filter(({ kind }) => kind !== 'authentication-plugin').length);
  });

  test.each([
    ['o\'ne`s "user"', 'quotes'],
    ['日本@%', 'unicode'],
    ['a@b@%', 'at'],
    ['a@b', 'at'],
    ['back\\slash', 'backslash'],
    ['new\nline', 'newline'],
    ...(isMysql
      ? [
          ['sha', 'sha256'],
          ['dual', 'old'],
          ['dual', 'new'],
        ]
      : [
          ['edwards', 'edwards'],
          ['either', 'either'],
          ['either', 'or'],
          ...(version === '10.11' ? [] : [['parsec', 'parsec']]),
        ]),
  ])('let %j in with its password and with no other', async (role = '', password = '') => {
    expect(await login(role, password)).toStrictEqual({
      role,
      passwordsChecked: true,
      accepted: true,
      wrongPasswordRefused: true,
      detail: undefined,
    });
    expect(await login(role, `${password}!`)).toMatchObject({ passwordsChecked: true, accepted: false });
  });

  test('say what keeps a login from being tried', async () => {
    expect((await login('app6@2001:db8::1', 'six')).detail).toMatch(
      /is for 2001:db8::1, and this connection comes from/,
    );
    expect((await login('app@%', 'x')).detail).toMatch(/wants TLS/);
    expect((await login('nobody', 'x')).detail).toBe('the server has no account nobody');
    expect(await login('expired', 'expired')).toMatchObject({
      accepted: true,
      detail: 'the password is right and has expired',
    });
    const locked = await login('nologin', 'nologin');
    expect(locked).toMatchObject({ accepted: false, wrongPasswordRefused: true });
    expect(locked.detail).toMatch(/lock/i);
  });

  test('have no password or anything made from one in their text', () => {
    const verifiers = accountFacts(whole.facts).flatMap(({ verifier, secondVerifier, usedVerifiers }) => [
      ...(verifier ?? []),
      ...(usedVerifiers ?? []),
      secondVerifier ?? '',
    ]);
    const hashes = verifiers.filter((verifier) => verifier.length > 20);
    expect(hashes.length).toBeGreaterThan(10);
    for (const hash of hashes) {
      expect(whole.text.toUpperCase()).not.toContain(hash);
      expect(whole.text).not.toContain(Buffer.from(hash, 'hex').toString('utf8'));
    }
  });

  test('belong to a backup for reasons', async () => {
    const { scope, degradations } = await accessOf(source, {});
    const reasons = Object.fromEntries(scope.why.map(({ name, why }) => [name, why]));
    expect(reasons).toMatchObject({
      'a@b@%': ['definer of a view', 'grant on columns of a table'],
      'new\nline@%': ['definer of a trigger', 'grant on a view'],
      'o\'ne`s "user"@%': expect.arrayContaining(['definer of a routine', 'grant on a function']) as unknown,
      '; DROP USER app; --@%.example.com': ['grant on a procedure'],
      '@reports.example.com': ['grant on a procedure'],
    });
    expect(reasons[isMysql ? 'dual@%' : 'multi@%']).toStrictEqual(['proxy for owner@localhost']);
    expect(Object.keys(reasons)).not.toContain('unrelated@%');
    expect(Object.keys(reasons)).not.toContain('replica@%');
    expect(degradations).toContainEqual(expect.objectContaining({ code: 'global-grant', subject: 'app6@2001:db8::1' }));
    const more = await accessOf(source, { include: ['replica', 'unrel*@%'], exclude: ['app', 'app6'] });
    const names = more.scope.why.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['replica@%', 'unrelated@%']));
    expect(names.filter((name) => name.startsWith('app'))).toStrictEqual([]);
    expect(more.degradations.map(({ code, subject }) => `${code} ${subject}`)).toStrictEqual([
      'role-outside-scope app@%',
    ]);
    const listed = await accessOf(source, { roles: 'listed', include: ['app@%'] });
    expect(listed.scope.why.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['app@%', isMysql ? 'r_read@%' : 'r_read']),
    );
    expect(listed.scope.why.map(({ name }) => name)).not.toContain('owner@localhost');
    const none = await accessOf(source, { roles: 'none' });
    expect(none.facts).toStrictEqual([]);
    expect(none.degradations.map(({ code }) => code)).toStrictEqual(['roles-omitted']);
  });

  test('change the fingerprint when a privilege changes and the digest of passwords when one does', async () => {
    const before = await accessOf(source, {});
    expect(await accessOf(source, {})).toStrictEqual(before);
    await source.sql(undefined, "ALTER USER 'a@b'@'%' IDENTIFIED BY 'another'");
    const changed = await accessOf(source, {});
    expect(changed.fingerprint).toBe(before.fingerprint);
    expect(changed.passwords?.digest).not.toBe(before.passwords?.digest);
    expect(changed.digest).not.toBe(before.digest);
    await source.sql(undefined, "ALTER USER 'a@b'@'%' ACCOUNT LOCK");
    expect((await accessOf(source, {})).fingerprint).not.toBe(before.fingerprint);
  });

  test('of another password or another privilege on the target are a conflict that names no value', async () => {
    const changed = whole.facts.map((fact) =>
      fact.kind === 'account' && fact.name === '日本@%'
        ? { ...fact, value: { ...fact.value, verifier: ['00'], locked: true } }
        : fact,
    );
    const extra: Fact = {
      kind: 'grant',
      name: '日本@% on the server',
      value: {
        level: 'server',
        grantee: { user: '日本', host: '%' },
        privileges: ['PROCESS'],
        grantOption: false,
        dynamic: {},
      },
    };
    expect((await found([...changed, extra])).conflicts).toStrictEqual([
      { what: 'account "日本@%"', differsIn: expect.toSatisfy(sameItems(['locked', 'verifier'])) as unknown },
      { what: 'grant "日本@% on the server"', differsIn: ['absent on the target'] },
    ]);
  });

  test('come back without passwords that anybody knows where the policy leaves passwords out', async () => {
    const { facts, degradations, passwords } = await accessOf(source, { roles: 'all', passwords: 'omit' });
    expect(passwords).toBeNull();
    expect(degradations.map(({ code }) => code)).toContain('passwords-omitted');
    await using server = await startMysql({ engine, version, settings });
    await using session = await openSession(server.access(), flavour);
    await loadPlugins(session, facts);
    const { pre } = accountsSql(facts, { ...options, passwords: 'omit' });
    await run(server, pre);
    const accounts = facts.filter(({ kind }) => kind === 'account');
    const restored = await factsOn(server, facts);
    expect(restored.filter(({ kind }) => kind === 'account')).toStrictEqual(accounts);
    const withPasswords = await accessOf(server, { roles: 'all' });
    const known = new Set(accountFacts(whole.facts).flatMap(({ verifier }) => verifier ?? []));
    const made = accountFacts(withPasswords.facts).flatMap(({ verifier, plugins }) =>
      plugins.flatMap((plugin, index) => (plugin.includes('socket') ? [] : [verifier?.[index] ?? ''])),
    );
    expect(made.length).toBeGreaterThan(10);
    expect(made.filter((verifier) => verifier === '' || known.has(verifier))).toStrictEqual([]);
  });

  test('come back for a database of another name, and reach no other', async () => {
    const { facts } = await accessOf(source, {});
    await using server = await startMysql({ engine, version, settings });
    await restoreOnto(server, { facts }, 'an_other');
    const withoutPatterns = (all: readonly Fact[]): readonly Fact[] =>
      all.filter(({ name, value }) => typeof value['pattern'] !== 'string' && !name.startsWith('eternal@%'));
    expect(withoutPatterns(await factsOn(server, facts, 'an_other'))).toStrictEqual(withoutPatterns(facts));
    expect(await factsOn(server, facts, 'anXother')).not.toContainEqual(
      expect.objectContaining({ value: expect.objectContaining({ level: 'database' }) as unknown }),
    );
  });

  test('are refused to a login that may not read them', async () => {
    await source.sql(
      undefined,
      "CREATE USER poor@localhost IDENTIFIED BY 'poor'; GRANT SELECT ON `My ``DB`` ü`.* TO poor@localhost",
    );
    const poor = {
      ...source.access(),
      connection: { ...source.access().connection, user: 'poor', password: new Secret('poor') },
    };
    await using session = await openSession(poor, flavour);
    await expect(readAccess(session, flavour, { database, holds, digestKey })).rejects.toMatchObject({
      code: 'capture/refused',
      hint: expect.stringContaining('SELECT on the database mysql') as unknown,
    });
  });

  test('have no default roles but those that they have and that the backup has', async () => {
    await using server = await startMysql({ engine, version, settings });
    const to = isMysql ? 'TO' : 'FOR';
    await server.sql(
      undefined,
      `CREATE DATABASE club; CREATE ROLE kept; CREATE ROLE dropped; CREATE ROLE revoked; CREATE ROLE secret;
       ${['kept', 'dropped', 'revoked', 'secret']
         .map(
           (role) =>
             `CREATE USER of_${role}; GRANT SELECT ON club.* TO of_${role}; GRANT ${role} TO of_${role}; SET DEFAULT ROLE ${role} ${to} of_${role}`,
         )
         .join(';')};
       DROP ROLE dropped; REVOKE revoked FROM of_revoked`,
    );
    // Roles that everybody has need no grant; one that nobody has any more stays somebody's default role.
    if (isMysql)
      await server.sql(
        undefined,
        "CREATE ROLE all_have, had@localhost; CREATE USER has, had; GRANT SELECT ON club.* TO has, had, all_have; SET GLOBAL mandatory_roles = '`all_have`@`%`,had@localhost'; SET DEFAULT ROLE all_have TO has; SET DEFAULT ROLE had@localhost TO had; SET GLOBAL mandatory_roles = 'all_have'",
      );
    const { facts } = await accessOf(server, { exclude: ['secret'] }, 'club');
    const names = facts.filter(({ kind }) => kind === 'default-role').map(({ name }) => name);
    expect(names).toEqual(isMysql ? ['has@%', 'of_kept@%'] : ['of_kept@%']);
    await using other = await startMysql({ engine, version, settings });
    if (isMysql) await other.sql(undefined, "SET GLOBAL mandatory_roles = 'all_have'");
    await run(other, accountsSql(facts, { ...options, database: 'club' }).pre);
    expect(await factsOn(other, facts, 'club')).toStrictEqual(facts);
  });

  // Nothing like it is in MySQL.
  test.for(isMysql ? [] : [engine])('need not be there for what everybody may do on %s', async () => {
    await source.sql(undefined, 'CREATE DATABASE park; GRANT SELECT ON park.* TO PUBLIC');
    const { facts, scope } = await accessOf(source, {}, 'park');
    expect(scope.why).toStrictEqual([]);
    expect(facts.map(({ name }) => name)).toContain('PUBLIC on this database');
    await run(target, accountsSql(facts, { ...options, database: 'park' }).pre);
    expect(await factsOn(target, facts, 'park')).toStrictEqual(facts);
    expect((await accessOf(source, { roles: 'none' }, 'park')).facts).toStrictEqual([]);
    await source.sql(undefined, 'REVOKE ALL ON park.* FROM PUBLIC; DROP DATABASE park');
  });

  test('have privileges on tables that are yet to come', async () => {
    await using server = await startMysql({ engine, version, settings });
    await server.sql(undefined, 'CREATE DATABASE club; CREATE USER maker; GRANT CREATE, INSERT ON club.later TO maker');
    const { facts, degradations } = await accessOf(server, {}, 'club');
    expect(degradations).toStrictEqual([]);
    expect(facts.map(({ name }) => name)).toContain('maker@% on table later');
    await using other = await startMysql({ engine, version, settings });
    const { pre, post } = accountsSql(facts, { ...options, database: 'club' });
    await run(other, [...pre, 'CREATE DATABASE club', ...post]);
    expect(await factsOn(other, facts, 'club')).toStrictEqual(facts);
  });

  test('have no privileges on objects that are gone', async () => {
    await source.script(
      database,
      "CREATE TABLE gone (id int, other int); GRANT SELECT ON gone TO 'a@b'@'%'; DROP TABLE gone;",
    );
    const { facts, degradations } = await accessOf(source, {});
    expect(facts.map(({ name }) => name).filter((name) => name.endsWith('gone'))).toStrictEqual([]);
    expect(degradations).toContainEqual(
      expect.objectContaining({ code: 'object-not-restorable', subject: 'a@b@% on table gone' }),
    );
  });
});

test.runIf(flavours.some(({ engine }) => engine === 'mysql'))(
  'of MySQL come without passwords where the login may read everything else',
  async () => {
    await using server = await startNastyMysql({ engine: 'mysql' });
    const columns = await server.sql(
      undefined,
      "SELECT GROUP_CONCAT(COLUMN_NAME) AS names FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = 'user' AND COLUMN_NAME <> 'authentication_string'",
    );
    const tables = [
      'db',
      'tables_priv',
      'columns_priv',
      'procs_priv',
      'proxies_priv',
      'role_edges',
      'default_roles',
      'global_grants',
    ];
    await server.sql(
      undefined,
      [
        "CREATE USER reader@localhost IDENTIFIED BY 'reader'",
        'GRANT SELECT, SHOW VIEW ON `My ``DB`` ü`.* TO reader@localhost',
        `GRANT SELECT (${columns[0]?.['names'] ?? ''}) ON mysql.user TO reader@localhost`,
        ...tables.map((table) => `GRANT SELECT ON mysql.${table} TO reader@localhost`),
      ].join('; '),
    );
    const { connection } = server.access();
    const reader = {
      ...server.access(),
      connection: { ...connection, user: 'reader', password: new Secret('reader') },
    };
    await using session = await openSession(reader, vendors.mysql);
    const access = await readAccess(session, vendors.mysql, { database, holds, digestKey });
    expect(access.passwords).toBeNull();
    expect(access.degradations.map(({ code }) => code)).toContain('passwords-unreadable');
    expect(accountFacts(access.facts).length).toBeGreaterThan(10);
    expect(accountFacts(access.facts).filter(({ verifier }) => verifier !== undefined)).toStrictEqual([]);
  },
);

const contentsOf = (inventory: readonly Fact[]): Contents => ({ inventory }) as unknown as Contents;

const sameItems =
  (expected: readonly string[]) =>
  (actual: readonly string[]): boolean =>
    JSON.stringify([...actual].sort()) === JSON.stringify(expected);

/** The database without rows, in two parts: views need what is granted on routines. */
async function copyStructure({
  from,
  to,
  part,
  as = database,
}: {
  readonly from: TestMysql;
  readonly to: TestMysql;
  readonly part: 'tables' | 'views';
  readonly as: string | undefined;
}): Promise<void> {
  const views = await from.sql(
    undefined,
    `SELECT TABLE_NAME AS name FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '${database}'`,
  );
  const names = views.map(({ name }) => name ?? '');
  if (part === 'tables') await to.sql(undefined, `CREATE DATABASE \`${as.replaceAll('`', '``')}\``);
  const { stdout } = await execa(
    join(from.binaries, from.engine === 'mysql' ? 'mysqldump' : 'mariadb-dump'),
    [
      '--no-defaults',
      `--socket=${from.socket}`,
      '--user=root',
      '--no-data',
      '--skip-triggers',
      '--skip-lock-tables',
      ...(from.engine === 'mysql' ? ['--set-gtid-purged=OFF'] : []),
      ...(part === 'views' ? [] : ['--routines', ...names.map((name) => `--ignore-table=${database}.${name}`)]),
      database,
      ...(part === 'views' ? names : []),
    ],
    { env: { MYSQL_PWD: from.password } },
  );
  await to.script(as, stdout.replaceAll('My ``DB`` ü', as.replaceAll('`', '``')));
}
