import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { instant } from '../../src/base/instant.ts';
import { proveFile } from '../../src/codec/prove-copy.ts';
import { databaseSql } from '../../src/engine/postgresql/database-sql.ts';
import { readInventory } from '../../src/engine/postgresql/inventory.ts';
import { rolesSql } from '../../src/engine/postgresql/roles-sql.ts';
import { openSession } from '../../src/engine/postgresql/session.ts';
import { supplementSql } from '../../src/engine/postgresql/supplement.ts';
import { encodeContents } from '../../src/manifest/encode.ts';
import { backupId, contentsKey } from '../../src/manifest/keys.ts';
import { backupWriter } from '../../src/repository/backup-writer.ts';
import { initialiseFilesystemRepository } from '../../src/repository/filesystem/initialise.ts';
import { openFilesystemRepository } from '../../src/repository/filesystem/open.ts';
import { majors, startPostgresql, type TestServer } from '../support/postgresql.ts';

const run = promisify(execFile);
const id = backupId(instant(Date.UTC(2026, 10, 22, 19, 46, 29)), Buffer.from('3f9a2c71', 'hex'));
const directories: string[] = [];

afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

async function temporaryDirectory(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-by-hand-')));
  directories.push(directory);
  return directory;
}

describe.each(majors)('the commands of docs/design.md, PostgreSQL %i', (major) => {
  test('restore a stored backup with roles, owner, privileges, settings and rows', async () => {
    const repository = await temporaryDirectory();
    await storeBackup(major, repository);
    await using target = await startPostgresql({ major });
    await run('sh', ['-euc', await commandsOf({ repository, restore: await temporaryDirectory() })], {
      env: {
        PATH: `${target.binaries}:${process.env['PATH'] ?? ''}`,
        PGHOST: target.socket,
        PGPORT: String(target.port),
        PGUSER: target.user,
      },
    });
    expect(
      await target.sql('botpress_db', 'SELECT count(*)::text AS rows, sum(length(body))::text AS length FROM big'),
    ).toEqual([{ rows: '20000', length: '1280000' }]);
    expect(await target.sql('botpress_db', `SELECT note FROM small`)).toEqual([{ note: 'a\tb' }]);
    expect(
      await target.sql('botpress_db', `SELECT has_table_privilege('reader', 'big', 'SELECT')::text AS may`),
    ).toEqual([{ may: 'true' }]);
    expect(
      await target.sql(
        'botpress_db',
        `SELECT pg_get_userbyid(datdba)::text AS owner, current_setting('default_transaction_read_only') AS read_only FROM pg_database WHERE datname = current_database()`,
      ),
    ).toEqual([{ owner: 'botpress', read_only: 'on' }]);
    expect(
      await target.sql(
        'postgres',
        `SELECT (rolpassword LIKE 'SCRAM-SHA-256$%')::text AS scram, pg_has_role('botpress', 'reader', 'MEMBER')::text AS member FROM pg_authid WHERE rolname = 'botpress'`,
      ),
    ).toEqual([{ scram: 'true', member: 'true' }]);
  });
});

/** The fenced shell of the section, with its example places replaced by real ones. */
async function commandsOf(places: { readonly repository: string; readonly restore: string }): Promise<string> {
  const text = await readFile(new URL('../../docs/design.md', import.meta.url), 'utf8');
  const section = /^## Restoring by hand$([^]*?)^## /m.exec(text)?.[1] ?? '';
  const shell = [...section.matchAll(/^```sh$([^]*?)^```$/gm)].map(([, block]) => block).join('\n');
  expect(shell).toContain('pg_restore');
  return shell
    .replaceAll('/srv/backups', places.repository)
    .replace(/^(ls|python3) .*manifests.*$/gm, '')
    .replace('mkdir /tmp/restore\n', '\n')
    .replaceAll('/tmp/restore', places.restore)
    .replace(/^export PGHOST=.*$/m, '');
}

async function storeBackup(major: number, path: string): Promise<void> {
  await using source = await startPostgresql({ major });
  await fill(source);
  await initialiseFilesystemRepository(path);
  const repository = await openFilesystemRepository(path);
  const writer = backupWriter(repository, id);
  await using session = await openSession(source.access(), 'botpress_db');
  await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const facts = await readInventory(session, { roles: 'all', passwords: true });
  await writer.text(
    'roles',
    rolesSql(facts, { versionNumber: major * 10_000, bootstrap: source.user, passwords: 'hashes' }),
  );
  await writer.text('database', databaseSql(facts, { name: 'botpress_db', bootstrap: source.user }));
  await writer.text('supplement', await supplementSql(session, source.user));
  const dump = join((await repository.scratch(id)) ?? (await temporaryDirectory()), 'dump');
  await run(join(source.binaries, 'pg_dump'), ['-Fd', '-j2', '-f', dump], {
    env: { PGHOST: source.socket, PGPORT: String(source.port), PGUSER: source.user, PGDATABASE: 'botpress_db' },
  });
  const sizes: number[] = [];
  for (const file of await readdir(dump)) {
    const from = join(dump, file);
    const { storedBytes, storedSha256 } = await proveFile(from, { codec: 'none', as: 'opaque' });
    sizes.push((await stat(from)).size);
    await writer.file({ file, path: from, storedBytes, storedSha256, codec: 'none' });
  }
  // Otherwise one of the two ways of storing files would not be tried.
  expect([Math.min(...sizes) < 65_536, Math.max(...sizes) > 65_536]).toEqual([true, true]);
  await writer.finish();
  const contents = encodeContents({
    formatVersion: 1,
    kind: 'holdfast.contents',
    id,
    entries: [],
    inventory: [],
    accessText: '',
    roles: [],
  });
  await repository.commit(contentsKey(id), contents);
}

async function fill(source: TestServer): Promise<void> {
  await source.sql(
    'postgres',
    `CREATE ROLE reader; CREATE ROLE botpress LOGIN PASSWORD 'secret'; GRANT reader TO botpress`,
  );
  await source.sql('postgres', 'CREATE DATABASE botpress_db OWNER botpress');
  await source.sql(
    'botpress_db',
    `CREATE TABLE big AS SELECT n AS id, md5(n::text) || md5((n * 7)::text) AS body FROM generate_series(1, 20000) n;
     CREATE TABLE small AS SELECT e'a\\tb' AS note;
     ALTER TABLE big OWNER TO botpress; GRANT SELECT ON big TO reader`,
  );
  await source.sql('postgres', 'ALTER DATABASE botpress_db SET default_transaction_read_only = on');
}
