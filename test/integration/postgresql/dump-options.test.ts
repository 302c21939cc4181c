import { describe, expect, test } from 'vitest';
import type { DumpPolicy } from '../../../src/spec/desired.ts';
import { captureInto } from '../../support/capture.ts';
import { majors, startPostgresql, type TestServer } from '../../support/postgresql.ts';
import { dataOf, described, differencesOf, restoreOnto, restoreRequest } from '../../support/restore.ts';

async function startShop(major: number): Promise<TestServer> {
  const server = await startPostgresql({ major });
  await server.sql('postgres', 'CREATE DATABASE shop');
  await server.sql(
    'shop',
    `CREATE SCHEMA "Odd"; CREATE TABLE customer (id int PRIMARY KEY, name text);
     INSERT INTO customer SELECT i, md5(i::text) FROM generate_series(1, 3000) i;
     CREATE TABLE "Odd"."Log" (line text); INSERT INTO "Odd"."Log" VALUES ('one'), ('two');
     CREATE TABLE cache (id serial PRIMARY KEY, k int CHECK (k > 0)); INSERT INTO cache (k) VALUES (1), (2), (3);
     CREATE INDEX ON cache (k); CREATE STATISTICS cached ON id, k FROM cache; COMMENT ON COLUMN cache.k IS 'a comment';
     CREATE POLICY own ON cache USING (true); GRANT SELECT ON cache TO PUBLIC; CREATE VIEW cache_view AS SELECT 1;
     CREATE TABLE caches (k int);
     CREATE TABLE hashed (k text) PARTITION BY HASH (k);
     CREATE TABLE hashed0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
     CREATE TABLE hashed1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
     INSERT INTO hashed SELECT i::text FROM generate_series(1, 50) i;
     SELECT lo_from_bytea(0, repeat('x', 5000)::bytea), lo_from_bytea(0, '')`,
  );
  return server;
}

/** A capture under this policy, restored and compared: names of the tables with rows in it, and every difference. */
async function roundTrip(
  source: TestServer,
  dump: Partial<DumpPolicy>,
): Promise<{
  readonly codecs: readonly string[];
  readonly tables: readonly string[];
  readonly degradations: readonly string[];
  readonly unequal: readonly string[];
  readonly differences: readonly string[];
}> {
  await using capture = await captureInto(source.access(), 'shop', { dump });
  await using target = await startPostgresql({ major: source.major });
  const request = restoreRequest(capture, 'shop');
  await restoreOnto(target, capture, request);
  const checks = await dataOf(target, 'shop', request, capture);
  const { entries, degradations } = capture.captured;
  const tables = entries.filter(({ kind }) => kind === 'table-data');
  return {
    codecs: [...new Set(tables.map(({ file }) => /\.dat(.*)$/.exec(file)?.[1] ?? '?'))],
    tables: tables.map(({ subject }) => subject).sort(),
    degradations: degradations.map(({ code, subject }) => `${code} ${subject}`),
    unequal: checks.filter(({ equal }) => !equal).map(({ subject }) => subject),
    differences: described(await differencesOf(target, 'shop', request)),
  };
}

const every = ['"Odd"."Log"', 'public.cache', 'public.caches', 'public.customer', 'public.hashed0', 'public.hashed1'];
const whole = { tables: every, degradations: [], unequal: [], differences: [] };

describe.for([majors[0] ?? 0, majors.at(-1) ?? 0])('a policy of dumps on PostgreSQL %i', (major) => {
  test('with one job and the server’s own hashes comes back equal', async () => {
    await using source = await startShop(major);
    expect(await roundTrip(source, { jobs: 1, serverHashes: true })).toMatchObject(whole);
  });

  test('with another compression comes back equal', async () => {
    await using source = await startShop(major);
    expect(await roundTrip(source, { compression: { codec: 'none' } })).toEqual({ ...whole, codecs: [''] });
    expect(await roundTrip(source, { compression: { codec: 'gzip', level: 6 } })).toEqual({
      ...whole,
      codecs: ['.gz'],
    });
  });

  test('that leaves tables or rows out names each of them', async () => {
    await using source = await startShop(major);
    const left = await roundTrip(source, {
      excludeTables: ['cache', 'cache_*'],
      excludeTableData: ['"Odd".*'],
      serverHashes: true,
    });
    expect(left).toMatchObject({
      tables: ['public.caches', 'public.customer', 'public.hashed0', 'public.hashed1'],
      degradations: [
        'table-excluded public.cache',
        'table-excluded public.cache_id_seq',
        'table-excluded public.cache_view',
        'table-data-excluded "Odd"."Log"',
      ],
      unequal: [],
      differences: [],
    });
  });
});

test('zstd of any level is taken where pg_dump has it, and another one is named where not', async () => {
  const zstd = { compression: { codec: 'zstd', level: 9 } } as const;
  await using newest = await startShop(majors.at(-1) ?? 0);
  expect(await roundTrip(newest, zstd)).toEqual({ ...whole, codecs: ['.zst'] });
  await using old = await startPostgresql({ major: 15 });
  await expect(captureInto(old.access(), 'postgres', { dump: zstd })).rejects.toMatchObject({
    code: 'dump/failed',
    message: 'pg_dump 15 cannot compress with zstd',
    hint: 'Use compression: auto, or gzip.',
  });
});

test('a change of one row shows in the server’s own hashes', async () => {
  await using source = await startShop(majors[0] ?? 0);
  await using capture = await captureInto(source.access(), 'shop', { dump: { serverHashes: true } });
  await using target = await startPostgresql({ major: source.major });
  const request = restoreRequest(capture, 'shop');
  await restoreOnto(target, capture, request);
  await target.sql('shop', "UPDATE customer SET name = 'other' WHERE id = 7");
  expect(described(await differencesOf(target, 'shop', request))).toEqual(['strict rows-hash public.customer hash']);
});
