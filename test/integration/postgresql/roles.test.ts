import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAccess } from '../../../src/engine/postgresql/access.ts';
import { databaseSql } from '../../../src/engine/postgresql/database-sql.ts';
import { readInventory } from '../../../src/engine/postgresql/inventory.ts';
import { rolesSql } from '../../../src/engine/postgresql/roles-sql.ts';
import { openSession } from '../../../src/engine/postgresql/session.ts';
import type { Fact, Holds } from '../../../src/manifest/manifest.ts';
import { digestKey, holdsAll } from '../../support/capture.ts';
import { nastyDatabase, startNasty, tablespaceDirectory } from '../../support/nasty.ts';
import { majors, startPostgresql, type TestServer } from '../../support/postgresql.ts';

/** Kinds of facts that roles.sql and database.sql must bring back. */
const kinds = new Set(['role', 'membership', 'setting', 'parameter-acl', 'tablespace', 'database']);

describe.for(majors)('roles and database of PostgreSQL %i', (major) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startNasty({ major });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const factsOf = async (from: TestServer, database: string): Promise<readonly Fact[]> => {
    await using session = await openSession(from.access(), database);
    await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return (await readInventory(session, { roles: 'all', passwords: true })).filter(
      ({ kind, name }) => kinds.has(kind) || (kind === 'acl' && name === 'database this database'),
    );
  };
  const scopeOf = async (holds: Partial<Holds>) => {
    await using session = await openSession(server.access(), nastyDatabase);
    await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return await readAccess(session, { holds: { ...holdsAll, ...holds }, digestKey });
  };

  test.for(['postgres', 'first role'])(
    'come back equal on a server whose first role is %s, also when run twice',
    async (bootstrapRole) => {
      const facts = await factsOf(server, nastyDatabase);
      const roles = rolesSql(facts, { versionNumber: major * 10_000, bootstrap: 'postgres', passwords: 'hashes' });
      const database = databaseSql(facts, { name: 'another "name"', bootstrap: 'postgres' });
      await using target = await startPostgresql({ major, bootstrapRole });
      const directory = await tablespaceDirectory(target);
      await target.psql('postgres', `CREATE TABLESPACE ts1 LOCATION '${directory}'`);
      await target.psql('postgres', roles);
      await target.psql('postgres', roles);
      await target.psql('postgres', database);
      await target.psql('another "name"', 'CREATE TABLE uses_it (a int) TABLESPACE ts1');
      const rename = (text: string): string => text.replaceAll(bootstrapRole, 'postgres');
      const comparable = (all: readonly Fact[]): readonly string[] =>
        all
          .map((fact) =>
            rename(JSON.stringify({ ...fact, name: bare(fact.name), value: { ...fact.value, location: null } })),
          )
          .sort();
      expect(comparable(await factsOf(target, 'another "name"'))).toEqual(comparable(facts));
    },
  );

  test('a scope of what is referenced has each role that is needed for one reason, and no other', async () => {
    const { scope } = await scopeOf({});
    const names = scope.why.map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('only_')).sort()).toEqual(
      [
        'colgrant dbacl dbset defacl_grantee defacl_owner evt extacl grand_member grandparent grantor_role langacl lo member parent policy',
        'pub_owner secdef_owner tblspc typeacl usermap value',
      ]
        .join(' ')
        .split(' ')
        .map((name) => `only_${name}`),
    );
    for (const outside of ['unrelated', 'unrelated_parent', 'repl', '-dash', 'app_nopw'])
      expect(names).not.toContain(outside);
    expect(scope.why.find(({ name }) => name === 'only_grand_member')?.why).toContain('member of only_member');
    expect(scope.degradations).toEqual([]);
  });

  test('a role that the policy leaves out although the database needs it is named', async () => {
    const { degradations, scope } = await scopeOf({ exclude: ['only_lo'], include: ['unrel*'] });
    expect(degradations).toEqual([expect.objectContaining({ code: 'role-outside-scope', subject: 'only_lo' })]);
    expect(scope.why.map(({ name }) => name)).toEqual(expect.arrayContaining(['unrelated', 'unrelated_parent']));
  });

  test('passwords can be left out, and without roles there are none', async () => {
    const omitted = await scopeOf({ passwords: 'omit' });
    const text = rolesSql(omitted.facts, { versionNumber: major * 10_000, bootstrap: 'postgres', passwords: 'omit' });
    expect(text).not.toMatch(/SCRAM|PASSWORD/);
    expect(omitted.passwords).toBeNull();
    const none = await scopeOf({ roles: 'none' });
    expect(none.scope.why).toEqual([]);
    expect(none.degradations).toEqual([expect.objectContaining({ code: 'roles-omitted' })]);
  });

  test('a login that may read everything but passwords says so', async () => {
    await server.sql(nastyDatabase, `CREATE ROLE reader LOGIN; GRANT CONNECT ON DATABASE "My ""DB"" ü" TO reader`);
    const access = server.access();
    await using session = await openSession(
      { ...access, connection: { ...access.connection, user: 'reader' } },
      nastyDatabase,
    );
    await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const read = await readAccess(session, { holds: holdsAll, digestKey, only: 'access' });
    expect(read.degradations.map(({ code }) => code)).toContain('passwords-unreadable');
    expect(read.passwords).toBeNull();
  });

  test('the digest of passwords changes with one password and with the key', async () => {
    await server.sql('postgres', `ALTER ROLE app_user PASSWORD 'one'`);
    const before = await scopeOf({});
    await server.sql('postgres', `ALTER ROLE app_user PASSWORD 'two'`);
    const after = await scopeOf({});
    expect(after.fingerprint).toBe(before.fingerprint);
    expect(after.passwords?.keyId).toBe(before.passwords?.keyId);
    expect(after.passwords?.digest).not.toBe(before.passwords?.digest);
  });
});

/** Names of facts quote role names, whose quotes JSON would double. */
function bare(name: string): string {
  return name.replaceAll('"', '');
}
