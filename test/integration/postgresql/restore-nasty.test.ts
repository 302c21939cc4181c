import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RestoreRequest } from '../../../src/engine/engine.ts';
import { captureInto, type KeptCapture } from '../../support/capture.ts';
import { nastyDatabase, startNasty, tablespaceDirectory } from '../../support/nasty.ts';
import { majors, startPostgresql, type TestServer } from '../../support/postgresql.ts';
import { dataOf, described, differencesOf, restoreOnto, restoreRequest } from '../../support/restore.ts';

describe.for(majors)('a hostile database comes back on PostgreSQL %i', (major) => {
  let source: TestServer;
  let target: TestServer;
  let capture: KeptCapture;
  let request: RestoreRequest;

  beforeAll(async () => {
    source = await startNasty({ major });
    target = await startPostgresql({ major, settings: { shared_preload_libraries: 'pg_stat_statements' } });
    capture = await captureInto(source.access(), nastyDatabase);
    request = restoreRequest(capture, nastyDatabase, { tablespaceRoot: await tablespaceDirectory(target) });
    await restoreOnto(target, capture, request);
  });
  afterAll(async () => {
    await capture[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
  });

  test('with every fact but those that a dump cannot carry', async () => {
    const differences = await differencesOf(target, nastyDatabase, request);
    expect(described(differences)).toEqual(['informational index app.inv_ux', 'informational tablespace ts1 location']);
  });

  test('with the same bytes in every table and large object', async () => {
    const checks = await dataOf(target, nastyDatabase, request, capture);
    expect(checks.filter(({ equal }) => !equal)).toEqual([]);
    expect(new Set(checks.map(({ method }) => method))).toEqual(new Set(['copy-digest', 'large-object']));
    expect(checks.find(({ subject }) => subject === 'app.parent')).toMatchObject({
      expectedRows: 200,
      actualRows: 200,
    });
  });

  const losses: readonly { readonly what: string; readonly sql: string; readonly difference: string }[] = [
    {
      what: 'a grant',
      sql: 'REVOKE SELECT (name) ON app.parent FROM only_colgrant',
      difference: 'strict acl column app.parent.name',
    },
    {
      what: 'a membership',
      sql: 'REVOKE app_ro FROM only_member',
      difference: `strict membership app_ro to only_member${major >= 16 ? ' by postgres' : ''}`,
    },
    { what: 'a password', sql: "ALTER ROLE app_user PASSWORD 'other'", difference: 'strict role app_user password' },
    { what: 'a policy', sql: 'DROP POLICY p1 ON app.parent', difference: 'strict policy app.parent p1' },
    {
      what: 'an owner',
      sql: 'ALTER TABLE app.dupes OWNER TO postgres',
      difference: 'strict object table app.dupes owner',
    },
    {
      what: 'a setting',
      sql: 'ALTER ROLE app_user RESET work_mem',
      difference: 'strict setting role app_user settings',
    },
    {
      what: 'a default privilege',
      sql: 'ALTER DEFAULT PRIVILEGES FOR ROLE only_defacl_owner REVOKE SELECT ON TABLES FROM only_defacl_grantee',
      difference: 'strict default-acl tables of only_defacl_owner',
    },
    { what: 'an index', sql: 'DROP INDEX app.ix_expr', difference: 'strict index app.ix_expr' },
    {
      what: 'a sequence’s state',
      sql: "SELECT nextval('app.called')",
      difference: 'strict sequence-state app.called high\nstrict sequence-state app.called low',
    },
    {
      what: 'a large object’s byte',
      sql: "SELECT lo_put(424242, 1, '\\x00')",
      difference: 'strict large-object 424242 sha256',
    },
  ];

  test.for(losses)('and losing $what is a strict difference', async ({ sql, difference }) => {
    const before = new Set(described(await differencesOf(target, nastyDatabase, request)));
    await target.sql(nastyDatabase, sql);
    const after = described(await differencesOf(target, nastyDatabase, request)).filter((line) => !before.has(line));
    for (const line of difference.split('\n')) expect(after).toContain(line);
    expect(after.every((line) => line.startsWith('strict'))).toBe(true);
  });

  test('and losing a row, or a letter of one, is seen', async () => {
    await target.sql(
      nastyDatabase,
      "DROP PUBLICATION puball, pub1; DELETE FROM app.child WHERE id = 7; UPDATE app.dropped SET c = 'C'; SELECT lo_put(424242, 1, '\\x01')",
    );
    const checks = await dataOf(target, nastyDatabase, request, capture);
    expect(checks.filter(({ equal }) => !equal).map(({ subject, detail }) => `${subject}: ${detail}`)).toEqual([
      'app.child: another number of rows',
      'app.dropped: as many rows, but other content',
      'large object 424242: other content',
    ]);
  });

  test('and no password is in a difference', async () => {
    await target.sql(
      nastyDatabase,
      "ALTER ROLE app_user PASSWORD 'another'; ALTER USER MAPPING FOR only_usermap SERVER srv OPTIONS (SET password 'n3w')",
    );
    const differences = await differencesOf(target, nastyDatabase, request);
    const text = JSON.stringify(differences);
    expect(differences.find(({ field }) => field === 'password')).toMatchObject({
      expected: '[secret]',
      actual: '[secret]',
    });
    expect(described(differences)).toContain('strict user-mapping only_usermap on srv options');
    expect(text).not.toMatch(/SCRAM|s3cr3t|n3w/);
  });
});
