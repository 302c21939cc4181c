import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DumpPolicy } from '../../src/spec/desired.ts';
import { captureInto } from '../support/capture.ts';
import { majors, startPostgresql, type TestServer } from '../support/postgresql.ts';
import { stubClients } from '../support/stub-client.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startPostgresql({ major: majors.at(-1) ?? 0 });
  await server.sql('postgres', 'CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader');
  await server.sql('postgres', 'CREATE DATABASE shop');
  await server.sql(
    'shop',
    `CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 1000) i; CREATE TABLE swapped AS SELECT 1 AS a;
     CREATE TABLE small AS SELECT 1 AS a`,
  );
  await server.sql('postgres', 'CREATE DATABASE files');
  // More than one page, a hole, an empty one, and one that ends in zeros.
  await server.sql(
    'files',
    `SELECT lo_from_bytea(777, decode(repeat('ab', 100000), 'hex')); SELECT lo_from_bytea(778, '');
     SELECT lo_from_bytea(779, 'x'); SELECT lo_put(779, 50000, 'y');
     SELECT lo_from_bytea(780, decode(repeat('00', 5000), 'hex'));
     GRANT SELECT ON LARGE OBJECT 777, 778, 779, 780 TO reader`,
  );
});
afterAll(() => server[Symbol.asyncDispose]());

test.for([1, 2])('with %i jobs, tables rewritten between the snapshot and the locks are no backup', async (jobs) => {
  await using clients = await stubClients('after-truncate', server.binaries);
  await expect(
    captureInto({ ...server.access(), clients: clients.folder }, 'shop', { dump: { jobs } }),
  ).rejects.toMatchObject({
    code: 'dump/failed',
    transient: true,
    message: expect.stringMatching(/public\.orders, public\.swapped/),
  });
});

test('tables that the policy leaves out may be rewritten', async () => {
  await using clients = await stubClients('after-truncate', server.binaries);
  const dump: Partial<DumpPolicy> = { excludeTables: ['public.swapped'], excludeTableData: ['orders'] };
  await using capture = await captureInto({ ...server.access(), clients: clients.folder }, 'shop', { dump });
  expect(capture.captured.entries.filter(({ kind }) => kind === 'table-data')).toMatchObject([
    { subject: 'public.small', rows: 1 },
  ]);
});

const compressions: readonly Partial<DumpPolicy>[] = [
  { compression: { codec: 'none' } },
  { compression: { codec: 'gzip', level: 1 } },
  { compression: 'auto' },
];

test.for(compressions)('a shortened large object is no backup: %j', async (dump) => {
  await using clients = await stubClients('shortens-large-object', server.binaries);
  for (const user of [server.user, 'reader'])
    await expect(captureInto({ ...as(user), clients: clients.folder }, 'files', { dump })).rejects.toMatchObject({
      code: 'dump/count-mismatch',
      message: expect.stringMatching(/large object 77[79] has \d+ bytes in the dump, in the snapshot \d+/),
    });
});

test('a large object of the same length with another byte is no backup', async () => {
  await using clients = await stubClients('alters-large-object', server.binaries);
  await expect(
    captureInto({ ...server.access(), clients: clients.folder }, 'files', { dump: { compression: { codec: 'none' } } }),
  ).rejects.toMatchObject({ code: 'dump/count-mismatch', message: expect.stringMatching(/large object 7\d\d/) });
});

test('large objects as they are in the snapshot are a backup, for any login that may read them', async () => {
  for (const user of [server.user, 'reader']) {
    await using capture = await captureInto(as(user), 'files');
    const blobs = capture.captured.entries.filter(({ kind }) => kind === 'large-object');
    expect(blobs.map(({ subject, plainBytes }) => [subject, plainBytes]).toSorted()).toEqual([
      ['777', 100_000],
      ['778', 0],
      ['779', 50_001],
      ['780', 5000],
    ]);
  }
});

function as(user: string): ReturnType<TestServer['access']> {
  const access = server.access();
  return { ...access, connection: { ...access.connection, user } };
}
