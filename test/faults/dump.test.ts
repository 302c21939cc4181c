import { afterAll, beforeAll, expect, test } from 'vitest';
import { duration } from '../../src/base/duration.ts';
import { OperationError } from '../../src/base/operation-error.ts';
import type { DumpPolicy } from '../../src/spec/desired.ts';
import { captureInto } from '../support/capture.ts';
import { startPostgresql, type TestServer } from '../support/postgresql.ts';
import { lockSmall } from '../support/stand-still.ts';
import { stubClients } from '../support/stub-client.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startPostgresql();
  await server.sql('postgres', 'CREATE DATABASE shop');
  await server.sql(
    'shop',
    `CREATE TABLE orders AS SELECT i AS id, md5(i::text) AS note FROM generate_series(1, 5000) i;
     CREATE TABLE small (a int); INSERT INTO small VALUES (1), (2)`,
  );
});
afterAll(() => server[Symbol.asyncDispose]());

const plain: Partial<DumpPolicy> = { compression: { codec: 'none' } };

/**
 * What must come of each stub, and with which kind of dump. Every one is a dump that a listing or an exit code lets pass, or
 * a lie.
 */
const faults: readonly { readonly stub: string; readonly code: string; readonly dump?: Partial<DumpPolicy> }[] = [
  { stub: 'truncates', code: 'dump/truncated' },
  { stub: 'truncates', code: 'dump/truncated', dump: plain },
  { stub: 'empties', code: 'dump/truncated' },
  { stub: 'empties', code: 'dump/truncated', dump: plain },
  { stub: 'flips-bit', code: 'dump/truncated' },
  { stub: 'drops-row', code: 'dump/count-mismatch', dump: plain },
  { stub: 'loses-file', code: 'dump/entry-missing' },
  { stub: 'adds-file', code: 'dump/entry-missing', dump: plain },
  { stub: 'no-toc', code: 'dump/failed' },
  { stub: 'dies', code: 'dump/failed' },
  { stub: 'warns', code: 'dump/failed' },
  { stub: 'exits-1', code: 'dump/failed' },
  { stub: 'writes-nothing', code: 'dump/failed' },
  { stub: 'claims-old', code: 'client/too-old' },
  { stub: 'claims-new', code: 'client/missing' },
];

test.for(faults)('a pg_dump that $stub ends in $code', async ({ stub, code, dump }) => {
  await using clients = await stubClients(stub, server.binaries);
  const failure = await captureInto({ ...server.access(), clients: clients.folder }, 'shop', {
    dump: { ...dump },
  }).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(OperationError);
  expect(failure).toMatchObject({ code });
  expect(JSON.stringify([String(failure), (failure as OperationError).hint])).not.toContain('canary row');
});

test('the same pg_dump unchanged is a backup', async () => {
  await using capture = await captureInto(server.access(), 'shop');
  expect(
    capture.captured.entries.filter(({ kind }) => kind === 'table-data').map(({ subject, rows }) => [subject, rows]),
  ).toEqual(
    expect.arrayContaining([
      ['public.orders', 5000],
      ['public.small', 2],
    ]),
  );
});

test('a database named like a connection string is itself', async () => {
  const names = ['-Fp', 'x host=203.0.113.1', 'postgresql://203.0.113.1/x', 'q\'"\n\\!'];
  for (const name of names) {
    await server.sql('postgres', `CREATE DATABASE "${name.replaceAll('"', '""')}"`);
    await server.sql(name, 'CREATE TABLE only_here (a int)');
    await using capture = await captureInto(server.access(), name);
    expect(capture.captured.entries.filter(({ kind }) => kind === 'table-data').map(({ subject }) => subject)).toEqual([
      'public.only_here',
    ]);
  }
});

test('a server that ends pg_dump’s session is worth another try', async () => {
  // Of so small a database it would be through before anybody could end its session.
  const holder = await lockSmall({ server });
  const outcome = captureInto(server.access(), 'shop', { dump: { lockWait: duration(120_000) } });
  outcome.catch(() => undefined);
  const ended = (): Promise<unknown> =>
    server.sql(
      'postgres',
      `SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE application_name = 'holdfast pg_dump'`,
    );
  await expect.poll(ended).toContainEqual({ ended: 't' });
  await holder[Symbol.asyncDispose]();
  await expect(outcome).rejects.toMatchObject({ code: 'source/connect', transient: true });
});
