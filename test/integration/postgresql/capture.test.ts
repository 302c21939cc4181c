import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proveFile } from '../../../src/codec/prove-file.ts';
import { observe } from '../../../src/engine/postgresql/observe.ts';
import { openSession } from '../../../src/engine/postgresql/session.ts';
import { duration } from '../../../src/base/duration.ts';
import { captureInto, digestKey, holdsAll } from '../../support/capture.ts';
import { stubClients } from '../../support/stub-client.ts';
import { nastyDatabase, startNasty } from '../../support/nasty.ts';
import { majors, startPostgresql, type TestServer } from '../../support/postgresql.ts';

const signal = new AbortController().signal;

describe.for(majors)('capture on PostgreSQL %i', (major) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startNasty({ major });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('holds every table with as many rows as the server counts', async () => {
    await using capture = await captureInto(server.access(), nastyDatabase);
    const { captured } = capture;
    const tables = captured.entries.filter(({ kind }) => kind === 'table-data');
    expect(tables.map(({ subject }) => subject)).toContain('app."x\npg_dump: finished item 1 TABLE DATA y"');
    for (const { subject, rows, columns, file, digest } of tables) {
      const [counted] = await server.sql(nastyDatabase, `SELECT count(*) AS n FROM ONLY ${subject}`);
      expect({ subject, rows }).toEqual({ subject, rows: Number(counted?.['n']) });
      const path = join(capture.directory, 'dump', file);
      const proof = await proveFile(path, { codec: codecOf(file), as: 'copy-text' });
      expect(proof).toMatchObject({ rows, digest });
      expect(columns).not.toBeNull();
    }
    expect(tables.find(({ subject }) => subject === 'app.parent')?.columns).toEqual([
      'id',
      'name',
      'amount',
      'ts',
      'f',
      'b',
      'j',
      'arr',
    ]);
    expect(tables.find(({ subject }) => subject === 'app.dropped')?.columns).toEqual(['a', 'c']);
    expect(captured.entries.filter(({ kind }) => kind === 'large-object').map(({ subject }) => subject)).toEqual([
      '424242',
    ]);
    expect(captured.entries.map(({ file }) => file).sort()).toEqual([...capture.stored].sort());
    expect(capture.phases).toEqual(['preflight', 'snapshot', 'dump', 'proof']);
  });

  test('describes its texts, its source and what it lacks', async () => {
    await using capture = await captureInto(server.access(), nastyDatabase);
    const { captured } = capture;
    for (const kind of ['roles', 'database', 'supplement'] as const) {
      const bytes = await readFile(join(capture.directory, `${kind}.sql`));
      const entry = captured.entries.find((each) => each.kind === kind);
      expect(entry?.digest).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
    expect(captured.source).toMatchObject({
      bootstrapRole: 'postgres',
      encoding: 'UTF8',
      tablespaces: ['ts1'],
      settings: { shared_preload_libraries: 'pg_stat_statements' },
    });
    expect(captured.degradations.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
      'invalid-index app.inv_ux',
      'foreign-table-data app.ft',
    ]);
    expect(await capture.text('supplement')).toContain(
      'ALTER FUNCTION app.crypt(pg_catalog.text,pg_catalog.text) OWNER TO "app_owner";',
    );
    expect(
      captured.inventory.find(({ kind, name }) => kind === 'sequence-state' && name === 'app.never_called')?.value,
    ).toEqual({
      low: { last: '42', called: false },
      high: { last: '42', called: false },
    });
  });

  test('has the access fingerprint and the password digest that observing has', async () => {
    await using capture = await captureInto(server.access(), nastyDatabase);
    const observed = await observe(server.access(), {
      databases: new Map([[nastyDatabase, { holds: holdsAll }]]),
      digestKey,
      signal,
    });
    const database =
      observed.state === 'reachable' ? observed.databases.find(({ name }) => name === nastyDatabase) : undefined;
    expect(database?.access).toEqual({
      fingerprint: capture.captured.access.fingerprint,
      passwords: capture.captured.access.passwords,
      text: capture.captured.accessText,
    });
    expect(database?.preflight).toMatchObject({ refused: [], degradations: capture.captured.degradations });
    expect(capture.captured.accessText).not.toMatch(/SCRAM-SHA-256|md5[0-9a-f]{32}/);
  });

  test('leaves out what the policy leaves out, and says so', async () => {
    await using capture = await captureInto(server.access(), nastyDatabase, {
      dump: {
        excludeTables: ['app.part*'],
        excludeTableData: ['app.dupes'],
        serverHashes: true,
        jobs: 1,
        compression: { codec: 'none' },
      },
    });
    const subjects = capture.captured.entries.filter(({ kind }) => kind === 'table-data').map(({ subject }) => subject);
    expect(subjects).toContain('app.inh');
    for (const gone of ['app.part1', 'app.part2', 'app.dupes']) expect(subjects).not.toContain(gone);
    expect(capture.captured.degradations).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ code: 'table-excluded', subject: 'app.part1' }),
        expect.objectContaining({ code: 'table-data-excluded', subject: 'app.dupes' }),
      ]),
    );
    expect(
      capture.captured.inventory
        .filter(({ kind }) => kind === 'rows-hash')
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...subjects].sort());
  });

  test('refuses a login that cannot read everything, before anything is stored', async () => {
    await server.sql(nastyDatabase, `CREATE ROLE blind LOGIN; GRANT CONNECT ON DATABASE "My ""DB"" ü" TO blind`);
    const access = server.access();
    const blind = { ...access, connection: { ...access.connection, user: 'blind' } };
    await expect(captureInto(blind, nastyDatabase)).rejects.toMatchObject({ code: 'capture/refused' });
    const observed = await observe(blind, {
      databases: new Map([[nastyDatabase, { holds: holdsAll }]]),
      digestKey,
      signal,
    });
    const database =
      observed.state === 'reachable' ? observed.databases.find(({ name }) => name === nastyDatabase) : undefined;
    expect(database?.preflight?.refused.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['capture/refused', 'capture/row-security']),
    );
  });

  test('with a login that is no superuser, holds all rows and names what it could not read', async () => {
    const large = await server.sql(
      nastyDatabase,
      `SELECT string_agg(format('GRANT SELECT ON LARGE OBJECT %s TO dumper', oid), ';') AS grants FROM pg_largeobject_metadata`,
    );
    await server.sql(
      nastyDatabase,
      `CREATE ROLE dumper LOGIN BYPASSRLS; GRANT pg_read_all_data TO dumper; GRANT CONNECT ON DATABASE "My ""DB"" ü" TO dumper; ${large[0]?.['grants'] ?? ''}`,
    );
    const access = server.access();
    const dumper = { ...access, connection: { ...access.connection, user: 'dumper' } };
    await using capture = await captureInto(dumper, nastyDatabase);
    await using whole = await captureInto(access, nastyDatabase);
    const rows = (of: typeof capture): unknown =>
      of.captured.entries
        .filter(({ kind }) => kind === 'table-data')
        .map(({ subject, digest }) => `${subject} ${digest}`)
        .sort();
    expect(rows(capture)).toEqual(rows(whole));
    const codes = capture.captured.degradations.map(({ code }) => code);
    expect(codes).toContain('subscription-hidden');
    expect(codes).toContain('user-mapping-hidden');
  });

  test('ends everything when it is aborted', async () => {
    const stop = new AbortController();
    const captured = captureInto(server.access(), nastyDatabase, {
      signal: stop.signal,
      events: { phase: (phase) => phase === 'dump' && stop.abort(), progress: () => undefined },
    });
    await expect(captured).rejects.toMatchObject({ code: 'run/interrupted' });
    await expect
      .poll(
        async () =>
          (
            await server.sql(
              'postgres',
              `SELECT count(*) AS n FROM pg_stat_activity WHERE application_name LIKE 'holdfast%'`,
            )
          )[0]?.['n'],
      )
      .toBe('0');
  });

  test('names what somebody made in a schema of the server', async () => {
    await server.sql('postgres', 'CREATE DATABASE meddled');
    await server.sql(
      'meddled',
      `CREATE FUNCTION pg_catalog.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE information_schema.notes (a int);
       CREATE EXTENSION hstore SCHEMA pg_catalog`,
    );
    await using capture = await captureInto(server.access(), 'meddled');
    const { degradations } = capture.captured;
    expect(degradations.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
      'object-not-restorable function pg_catalog.mine',
      'object-not-restorable relation information_schema.notes',
    ]);
    await server.sql('postgres', 'DROP DATABASE meddled');
  });

  test('tells of bytes that are written before any file is finished', async () => {
    const stop = new AbortController();
    // All is dumped, and no message says that anything is finished.
    await using clients = await stubClients('hangs', server.binaries);
    const told: { readonly plainBytes: number; readonly storedBytes: number }[] = [];
    const captured = captureInto({ ...server.access(), clients: clients.folder }, nastyDatabase, {
      signal: stop.signal,
      events: {
        phase: () => undefined,
        progress: (done) => void (told.push(done), done.storedBytes > 0 && stop.abort()),
      },
    });
    await expect(captured).rejects.toMatchObject({ code: 'run/interrupted' });
    expect(told.at(-1)?.plainBytes).toBe(0);
  });

  test('says which lock was in the way', async () => {
    await using holder = await openSession(server.access(), nastyDatabase);
    await holder.run('BEGIN; LOCK TABLE app.dupes IN ACCESS EXCLUSIVE MODE');
    await expect(
      captureInto(server.access(), nastyDatabase, { dump: { lockWait: duration(300) } }),
    ).rejects.toMatchObject({ code: 'source/lock-timeout', transient: true });
  });
});

test('a server that does not answer is a value', async () => {
  await using server = await startPostgresql();
  await server.stop();
  const observed = await observe(server.access(), { databases: new Map(), digestKey: undefined, signal });
  expect(observed).toMatchObject({ state: 'unreachable', diagnostic: { code: 'server/unreachable' } });
});

function codecOf(file: string): 'gzip' | 'zstd' | 'none' {
  return file.endsWith('.gz') ? 'gzip' : file.endsWith('.zst') ? 'zstd' : 'none';
}
