import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import type { RestoreRequest } from '../../../src/engine/engine.ts';
import { mintOpenServer } from '../../../src/engine/clean-server.ts';
import { checkTarget } from '../../../src/engine/postgresql/check-target.ts';
import { clear } from '../../../src/engine/postgresql/clear.ts';
import { tryLogin } from '../../../src/engine/postgresql/logins.ts';
import { proveClean } from '../../../src/engine/postgresql/prove-clean.ts';
import { queryValue } from '../../../src/engine/postgresql/query-value.ts';
import { captureInto, type KeptCapture } from '../../support/capture.ts';
import { startPostgresql, type TestServer } from '../../support/postgresql.ts';
import { dataOf, described, differencesOf, restoreOnto, restoreRequest } from '../../support/restore.ts';

const signal = new AbortController().signal;
const content = `
  CREATE SCHEMA app; CREATE TABLE app.orders AS SELECT i AS id, 'secret ' || i AS note FROM generate_series(1, 1000) i;
  ALTER TABLE app.orders OWNER TO owner; GRANT USAGE ON SCHEMA app TO reader; GRANT SELECT ON app.orders TO reader;
  CREATE TABLE app."big \\! :x" AS SELECT i, repeat(md5(i::text), 60) || E'\\n\\\\.' AS filler FROM generate_series(1, 10000) i;
  CREATE TABLE app.moods (mood text, n int) PARTITION BY HASH (mood);
  CREATE TABLE app.moods0 PARTITION OF app.moods FOR VALUES WITH (MODULUS 2, REMAINDER 0);
  CREATE TABLE app.moods1 PARTITION OF app.moods FOR VALUES WITH (MODULUS 2, REMAINDER 1);
  INSERT INTO app.moods SELECT 'm' || i, i FROM generate_series(1, 50) i;
  UPDATE app.orders SET note = note || '!' WHERE id % 3 = 0; DELETE FROM app.orders WHERE id % 7 = 0;
  ALTER DATABASE shop SET search_path = app; ALTER DATABASE shop SET default_transaction_read_only = on;
  ALTER DATABASE shop SET role = 'owner';`;

/** As from a server that has a library more than the target. */
const withLibrary = (request: RestoreRequest): RestoreRequest =>
  withSettings(request, { session_preload_libraries: 'not_installed' });

function withSettings(request: RestoreRequest, settings: Readonly<Record<string, string>>): RestoreRequest {
  const inventory = request.contents.inventory.map((fact) =>
    fact.kind === 'setting' && fact.name === 'this database'
      ? {
          ...fact,
          value: {
            ...fact.value,
            settings: { ...(fact.value['settings'] as object), ...settings },
          },
        }
      : fact,
  );
  return { ...request, contents: { ...request.contents, inventory } };
}

describe('a target', () => {
  let from: TestServer;
  let capture: KeptCapture;
  let target: TestServer;
  beforeAll(async () => {
    from = await startPostgresql();
    await from.sql(
      'postgres',
      "CREATE ROLE owner; CREATE ROLE reader LOGIN PASSWORD 'right' CONNECTION LIMIT 3; GRANT owner TO reader",
    );
    await from.sql('postgres', 'CREATE DATABASE shop OWNER owner');
    await from.sql('shop', content);
    capture = await captureInto(from.access(), 'shop');
    target = await startPostgresql({ hba: ['local all all scram-sha-256'] });
  });
  afterAll(async () => {
    await target[Symbol.asyncDispose]();
    await capture[Symbol.asyncDispose]();
    await from[Symbol.asyncDispose]();
  });

  test('is clean when it is new, and none of the sources', async () => {
    const proof = { mustBeEmpty: true, sources: [from.access('source')], signal };
    {
      await using clean = await proveClean(target.access('target'), proof);
      expect(clean).toMatchObject({ name: 'target', silent: [] });
    }
    await expect(proveClean(from.access('other name'), proof)).rejects.toMatchObject({ code: 'target/is-source' });
    await expect(proveClean(from.access('in use'), { ...proof, sources: [] })).rejects.toMatchObject({
      code: 'target/not-empty',
      message: expect.stringContaining('database shop') as string,
    });
    const gone = { ...from.access('gone'), connection: { ...from.access().connection, host: '/nowhere' } };
    await expect(proveClean(target.access(), { ...proof, sources: [gone] })).rejects.toMatchObject({
      code: 'server/unreachable',
    });
  });

  test('gets everything back in spite of hostile settings, under another name too, and is cleared again', async () => {
    const request = withLibrary(restoreRequest(capture, 'shop'));
    expect(await checkTarget(mintOpenServer(target.access()), request)).toEqual([]);
    const empty = { mustBeEmpty: true, sources: [], signal };
    await using clean = await proveClean(target.access(), empty);
    await expect(proveClean(target.access(), empty)).rejects.toMatchObject({ code: 'target/in-use' });
    const report = await restoreOnto(target, capture, request, { onto: clean });
    expect(report.steps.map(({ phase }) => phase)).toEqual(['roles', 'database', 'data', 'supplement', 'analyze']);
    expect(described(await differencesOf(target, 'shop', request))).toEqual([]);
    expect((await dataOf(target, 'shop', request, capture)).filter(({ equal }) => !equal)).toEqual([]);

    const renamed = restoreRequest(capture, 'shop', { as: 'x dbname=postgres', overwriteRoles: false });
    expect((await restoreOnto(target, capture, renamed)).database).toBe('x dbname=postgres');
    expect(described(await differencesOf(target, 'x dbname=postgres', renamed))).toEqual([]);
    expect((await dataOf(target, 'x dbname=postgres', renamed, capture)).filter(({ equal }) => !equal)).toEqual([]);
    // What somebody else made meanwhile is not ours to remove, and neither is what it needs.
    await expect(clear(clean, request)).rejects.toThrow('2BP01');
    await target.sql('postgres', 'DROP DATABASE "x dbname=postgres"');
    await target.sql('postgres', 'CREATE ROLE somebody');
    await target.sql('postgres', 'CREATE DATABASE theirs TEMPLATE template0');
    await clear(clean, request);
    await clean[Symbol.asyncDispose]();
    await expect(proveClean(target.access(), empty)).rejects.toThrow('is not empty: database theirs, role somebody');
    await target.sql('postgres', 'DROP DATABASE theirs');
    await target.sql('postgres', 'DROP ROLE somebody');
    await using again = await proveClean(target.access(), empty);
    expect(again).toMatchObject({ name: 'server' });
  });

  test.for([
    ["CREATE TYPE mood AS ENUM ('a')", 'type public.mood'],
    ['CREATE DOMAIN whole AS int', 'type public.whole'],
    ['CREATE FOREIGN DATA WRAPPER w', 'foreign-data wrapper w'],
    ['CREATE PUBLICATION p FOR ALL TABLES', 'publication p'],
    ['CREATE TEXT SEARCH CONFIGURATION c (COPY = english)', 'text search configuration public.c'],
    ['CREATE CAST (text AS int) WITH INOUT', 'cast from text to integer'],
    ['ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor', 'pg_default_acl'],
    ['SELECT lo_create(77)', 'large object 77'],
    ["ALTER DATABASE postgres SET work_mem = '7MB'", 'setting of all roles in database postgres'],
    ["ALTER ROLE ALL SET work_mem = '7MB'", 'setting of all roles'],
    ["SELECT pg_create_physical_replication_slot('s')", 'replication slot s'],
    ['GRANT SET ON PARAMETER work_mem TO PUBLIC', 'privileges on parameter work_mem'],
  ] as const)('is not empty after %s', async ([statement, found]) => {
    await using used = await startPostgresql();
    await used.sql('postgres', statement);
    await expect(proveClean(used.access(), { mustBeEmpty: true, sources: [], signal })).rejects.toMatchObject({
      code: 'target/not-empty',
      message: expect.stringContaining(found) as string,
    });
  });

  test('keeps what it has unless told otherwise', async () => {
    await using used = await startPostgresql();
    await used.sql('postgres', "CREATE ROLE owner; CREATE ROLE reader LOGIN PASSWORD 'mine'");
    const request = restoreRequest(capture, 'shop');
    const found = await checkTarget(mintOpenServer(used.access()), request);
    expect(found.map(({ code, summary }) => `${code}: ${summary}`)).toEqual([
      'restore/role-differs: membership "owner to reader" exists otherwise: absent on the target',
      'restore/role-differs: role "reader" exists otherwise: password, connectionLimit',
    ]);
    await expect(restoreOnto(used, capture, request)).rejects.toMatchObject({ code: 'restore/role-differs' });
    expect(await used.sql('postgres', "SELECT 1 AS one FROM pg_database WHERE datname = 'shop'")).toEqual([]);

    await restoreOnto(used, capture, { ...request, overwriteRoles: true });
    expect(described(await differencesOf(used, 'shop', request))).toEqual([]);
    await used.sql('shop', 'SET TRANSACTION READ WRITE; SET role = none; CREATE TABLE app.mine ()');
    await expect(restoreOnto(used, capture, request)).rejects.toMatchObject({ code: 'restore/database-exists' });
    await restoreOnto(used, capture, { ...request, overwriteDatabase: true });
    expect(described(await differencesOf(used, 'shop', request))).toEqual([]);
  });

  test('names what it lacks before anything is written', async () => {
    const request = withSettings(restoreRequest(capture, 'shop'), { lc_time: 'tlh_AA.UTF-8', lc_messages: '' });
    const { manifest, contents } = request;
    const wish = {
      ...request,
      manifest: {
        ...manifest,
        source: {
          ...manifest.source,
          versionNumber: 990_000,
          extensions: [
            { name: 'plpgsql', version: '1.0' },
            { name: 'not_there', version: '7' },
          ],
        },
      },
      contents: {
        ...contents,
        inventory: contents.inventory
          .map((fact) =>
            fact.kind === 'database' ? { ...fact, value: { ...fact.value, collate: 'tlh_KX.UTF-8' } } : fact,
          )
          .filter(({ kind, name }) => kind !== 'role' || name !== 'owner'),
      },
    };
    const found = await checkTarget(mintOpenServer(target.access()), wish);
    expect(
      found.filter(({ severity }) => severity === 'error').map(({ code, summary }) => `${code}: ${summary}`),
    ).toEqual([
      'target/version: the backup is from PostgreSQL 99, the target is 15',
      'target/lacks-extension: extension not_there is not available',
      'target/lacks-locale: locale "tlh_KX.UTF-8" is not installed',
      'target/lacks-locale: locale "tlh_AA.UTF-8" is not installed',
      'restore/role-differs: roles that objects of the backup belong to or are granted to are neither in it nor on the target: "owner"',
    ]);
  });

  test('reports a failed restore by object, without a row', async () => {
    await using other = await startPostgresql();
    const request = restoreRequest(capture, 'shop');
    const steps = request.manifest.steps.filter(({ phase }) => phase === 'roles' || phase === 'database');
    const [first, ...rest] = steps;
    if (first === undefined) throw new Error('a backup without steps');
    await restoreOnto(other, capture, { ...request, manifest: { ...request.manifest, steps: [first, ...rest] } });
    await other.sql(
      'shop',
      'SET TRANSACTION READ WRITE; SET role = none; CREATE SCHEMA app; CREATE TABLE app.orders (id int CHECK (id < 500), note text)',
    );
    const data = request.manifest.steps.find(({ phase }) => phase === 'data');
    if (data === undefined) throw new Error('a backup without data');
    const failed = restoreOnto(other, capture, {
      ...request,
      overwriteRoles: true,
      manifest: { ...request.manifest, steps: [data] },
    });
    await expect(failed).rejects.toMatchObject({
      code: 'restore/failed',
      message: 'pg_restore failed at SCHEMA app postgres: schema "app" already exists',
    });
  });

  test('proves logins only where passwords are asked for', async () => {
    const request = withLibrary(restoreRequest(capture, 'shop'));
    await restoreOnto(target, capture, request);
    const server = mintOpenServer(target.access());
    const right = await tryLogin(server, 'shop', { role: 'reader', password: new Secret('right') });
    // The database preloads a library that is not there, as on the source: nobody can log in.
    expect(right).toMatchObject({ passwordsChecked: true, accepted: false, wrongPasswordRefused: true });
    await target.sql('postgres', 'ALTER DATABASE shop RESET session_preload_libraries');
    expect(await tryLogin(server, 'shop', { role: 'reader', password: new Secret('right') })).toEqual({
      role: 'reader',
      passwordsChecked: true,
      accepted: true,
      wrongPasswordRefused: true,
      detail: undefined,
    });
    expect(await tryLogin(server, 'shop', { role: 'reader', password: new Secret('Right') })).toMatchObject({
      accepted: false,
      wrongPasswordRefused: true,
    });
    expect(
      await tryLogin(mintOpenServer(from.access()), 'postgres', { role: 'reader', password: new Secret('right') }),
    ).toMatchObject({
      passwordsChecked: false,
      accepted: false,
      wrongPasswordRefused: false,
    });
    expect(await queryValue(server, 'shop', 'SELECT count(*) FROM orders')).toBe('858');
    expect(await queryValue(server, 'shop', 'SELECT NULL')).toBeNull();
    for (const wrong of [
      'SELECT 1, 2',
      'SELECT 1 WHERE false',
      'SELECT generate_series(1, 2)',
      'DELETE FROM orders RETURNING 1',
      'SELECT 1; SELECT 2',
      'nonsense',
    ])
      await expect(queryValue(server, 'shop', wrong)).rejects.toMatchObject({ code: 'proof/check-failed' });
  });
});
