import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { majors, startPostgresql, type TestServer } from '../support/postgresql.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
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
    const backup = await storedBackup(major);
    await using target = await startPostgresql({ major });
    await run('sh', ['-euc', await commandsOf({ ...backup, restore: await temporaryDirectory() })], {
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
      await target.sql(
        'botpress_db',
        `SELECT (SELECT n::text FROM older) AS view, (SELECT count(*)::text FROM heard) AS heard, (SELECT count(*)::text FROM parts) AS rows,
           (SELECT string_agg(tgenabled::text, '' ORDER BY tgrelid::regclass::text) FROM pg_trigger WHERE tgname = 'noted') AS triggers,
           (SELECT evtenabled::text FROM pg_event_trigger) AS listener, (SELECT count(*)::text FROM pg_description WHERE description ~ '^an? (key|trigger)') AS comments`,
      ),
    ).toEqual([{ view: '20000', heard: '0', rows: '1', triggers: 'DO', listener: 'A', comments: '2' }]);
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

interface Places {
  readonly repository: string;
  readonly id: string;
  readonly restore: string;
}

/** The fenced shell of the section, with the places and the id of its example replaced by real ones. */
async function commandsOf({ repository, id, restore }: Places): Promise<string> {
  const text = await readFile(new URL('../../docs/design.md', import.meta.url), 'utf8');
  const section = /^## Restoring by hand$([^]*?)^## /m.exec(text)?.[1] ?? '';
  const shell = [...section.matchAll(/^```sh$([^]*?)^```$/gm)].map(([, block]) => block).join('\n');
  expect(shell).toContain('pg_restore');
  return shell
    .replaceAll('/srv/backups', repository)
    .replaceAll(/\d{8}T\d{6}Z-[0-9a-f]{8}/g, id)
    .replace(/\| less$/m, '')
    .replace('mkdir /tmp/restore\n', '\n')
    .replaceAll('/tmp/restore', restore)
    .replace(/^export PGHOST=.*$/m, '');
}

/** A backup as the program makes it; its source is gone afterwards. */
async function storedBackup(major: number): Promise<{ readonly repository: string; readonly id: string }> {
  await using source = await startPostgresql({ major });
  await fill(source);
  const cwd = await temporaryDirectory();
  const spec = {
    version: 1,
    repositories: { primary: { type: 'filesystem', path: './repository' } },
    servers: {
      wfdb02: {
        engine: 'postgresql',
        host: source.socket,
        port: source.port,
        user: source.user,
        clients: source.binaries,
      },
    },
    policies: { gold: { every: '6h', repositories: ['primary'] } },
    databases: { botpress: { server: 'wfdb02', database: 'botpress_db', policy: 'gold' } },
  };
  await writeFile(join(cwd, 'backup.yaml'), JSON.stringify(spec));
  for (const args of [
    ['repository', 'init'],
    ['apply', '--auto-approve'],
  ])
    await run(process.execPath, [program, ...args], { cwd });
  const repository = join(cwd, 'repository');
  const [id = '', ...more] = await readdir(join(repository, 'data'));
  expect(more).toEqual([]);
  // Otherwise one of the two ways of storing files would not be tried.
  expect((await readdir(join(repository, 'data', id))).sort()).toEqual([
    'database.sql.zst',
    'dump',
    'roles.sql.zst',
    'small-1.tar',
    'supplement.sql.zst',
  ]);
  return { repository, id };
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
  await source.sql('botpress_db', orderMatters);
  await source.sql('postgres', 'ALTER DATABASE botpress_db SET default_transaction_read_only = on');
}

/**
 * What comes back only in the right order: a foreign key of a partitioned table, a trigger of a partition in another state than
 * the one that it is a clone of, a materialised view that needs a younger one, and an event trigger that hears everything.
 */
const orderMatters = `
  ALTER TABLE big ADD PRIMARY KEY (id);
  CREATE TABLE parts (id int, big_id int, CONSTRAINT known FOREIGN KEY (big_id) REFERENCES big) PARTITION BY RANGE (id);
  CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (100);
  INSERT INTO parts VALUES (1, 7);
  COMMENT ON CONSTRAINT known ON parts IS 'a key';
  CREATE FUNCTION same() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER noted BEFORE INSERT ON parts FOR EACH ROW EXECUTE FUNCTION same();
  COMMENT ON TRIGGER noted ON parts IS 'a trigger';
  ALTER TABLE part DISABLE TRIGGER noted;
  CREATE VIEW between AS SELECT 0::bigint AS n;
  CREATE MATERIALIZED VIEW older AS SELECT n FROM between;
  CREATE MATERIALIZED VIEW younger AS SELECT count(*) AS n FROM big;
  CREATE OR REPLACE VIEW between AS SELECT n FROM younger;
  REFRESH MATERIALIZED VIEW older;
  CREATE TABLE heard (tag text);
  CREATE FUNCTION hear() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.heard VALUES (tg_tag); END';
  CREATE EVENT TRIGGER hears ON ddl_command_start EXECUTE FUNCTION hear();
  ALTER EVENT TRIGGER hears ENABLE ALWAYS;
  COMMENT ON EVENT TRIGGER hears IS 'an event trigger'`;
