import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBench, shopSpec, type Bench } from '../support/bench.ts';
import { imageFor } from '../support/docker.ts';
import { startPostgresql } from '../support/postgresql.ts';
import { localTarget, type Ran } from '../support/workspace.ts';

const canary = (what: string): string => `canary-${what}-${randomBytes(6).toString('hex')}`;
/** With characters that a password file, a URL and JSON each write in another way. */
const secrets = {
  login: `${canary('login')}:\\"%`,
  file: canary('file'),
  app: canary('app'),
  mapping: canary('mapping'),
  subscription: canary('subscription'),
  key: canary('digest-key'),
  row: canary('row'),
};
let verifier: string;
let bench: Bench;
const env = { LOGIN_PASSWORD: secrets.login, APP_PASSWORD: secrets.app, DIGEST_KEY: secrets.key };
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

beforeAll(async () => {
  bench = await openBench({
    server: { hba: ['local all all scram-sha-256'] },
    env,
    sql: `
      CREATE ROLE keeper SUPERUSER LOGIN PASSWORD ${quoted(secrets.login)};
      CREATE ROLE filer SUPERUSER LOGIN PASSWORD ${quoted(secrets.file)};
      CREATE ROLE app LOGIN PASSWORD ${quoted(secrets.app)};
      CREATE EXTENSION postgres_fdw;
      CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '203.0.113.1');
      CREATE USER MAPPING FOR app SERVER far OPTIONS (user 'x', password ${quoted(secrets.mapping)});
      CREATE TABLE orders (id int, note text); GRANT SELECT ON orders TO app;
      INSERT INTO orders VALUES (1, ${quoted(secrets.row)})`,
  });
  await bench.server.sql(
    'shop',
    `CREATE SUBSCRIPTION sub CONNECTION 'host=203.0.113.1 password=${secrets.subscription}' PUBLICATION p WITH (connect = false, slot_name = NONE)`,
  );
  const [row] = await bench.server.sql('shop', `SELECT rolpassword FROM pg_authid WHERE rolname = 'app'`);
  verifier = row?.['rolpassword'] ?? '';
  await writeFile(join(bench.work.path, 'password'), `${secrets.file}\n`, { mode: 0o600 });
  await bench.work.spec(spec());
});
afterAll(() => bench[Symbol.asyncDispose]());

function spec(drill: object = {}, login: object = {}): object {
  const ordinary = shopSpec(bench.server) as { servers: { main: object } };
  const { main } = ordinary.servers;
  const logins = [{ role: 'app', password: { env: 'APP_PASSWORD' } }];
  const shop = { database: 'shop', drill: { target: 'local', logins, ...drill } };
  return {
    ...ordinary,
    digestKey: { env: 'DIGEST_KEY' },
    servers: {
      main: { ...main, user: 'keeper', password: { env: 'LOGIN_PASSWORD' }, ...login },
      second: { ...main, user: 'filer', password: { file: './password' } },
    },
    targets: { local: localTarget(bench.server), container: { engine: 'postgresql', container: { image } } },
    databases: { shop: { server: 'main', ...shop }, again: { server: 'second', ...shop } },
  };
}
const image = (await imageFor(15)) ?? 'holdfast-test/postgres:15';

/** Runs the tool with every program that it or its children start recorded: arguments and whole environment. */
async function recorded(args: readonly string[], extra: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const log = join(bench.temporary, 'programs');
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  const tracing = ['-f', '--seccomp-bpf', '-qq', '-v', '-s', '65536', '-e', 'trace=execve', '-o', log];
  const child = spawn('strace', [...tracing, process.execPath, main, ...args], {
    cwd: bench.work.path,
    env: { PATH: process.env['PATH'], HOME: bench.work.path, CI: 'true', ...bench.env, ...extra },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((done) => child.on('close', done));
  const [own = '', ...programs] = (await readFile(log, 'latin1'))
    .split('\n')
    .filter((line) => line.includes('execve('));
  await rm(log);
  // The tool itself was given its secrets this way, by us.
  expect(own).toContain('main.ts');
  for (const program of programs) revealsNothing(program, program.slice(0, 200));
  revealsNothing(stdout, 'standard output');
  revealsNothing(stderr, 'standard error');
  return { code, stdout, stderr };
}

function revealsNothing(text: string, where: string): void {
  for (const [name, secret] of Object.entries({ ...secrets, verifier }))
    for (const form of [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      secret.replace(/[\\:]/g, '\\$&'),
    ])
      if (text.includes(form)) throw new Error(`${where} shows the secret ${name}`);
}

/** Everything written to be read: all but the data and the contents of backups, which hold the database. */
async function writtenRevealsNothing(): Promise<number> {
  let files = 0;
  for (const entry of await readdir(bench.work.path, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || /repository\/(data|contents)\/|\/password$|node-compile-cache/.test(path)) continue;
    revealsNothing(await readFile(path, 'utf8'), path);
    files += 1;
  }
  return files;
}

const reports = ['json', 'junit', 'markdown', 'text'].flatMap((format) => ['--report', `${format}=report.${format}`]);

test('plan, apply, verify and list show no secret', async () => {
  for (const args of [
    ['plan', '--verbose', '--progress', 'json'],
    ['apply', '--auto-approve', '--now', '--json', '--progress', 'json', '--report', 'text=apply.text'],
    ['verify', '--all', '--json', '--progress', 'lines'],
  ]) {
    const ran = await recorded(args);
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
  }
  revealsNothing((await bench.backup(['list', '--json'])).stdout, 'list');
  expect(await bench.committed()).toHaveLength(2);
  expect(await writtenRevealsNothing()).toBeGreaterThan(4);
});

test.for(['local', 'container'])('a drill on a %s target, logins included, shows no secret', async (target) => {
  const ran = await recorded(['drill', 'main/shop', '--target', target, '--json', '--progress', 'json', ...reports]);
  expect(ran.code, ran.stderr + ran.stdout).toBe(0);
  expect(ran.stdout).toContain('"login"');
  await writtenRevealsNothing();
  await bench.nothingLeft();
});

test('a restore shows no secret', async () => {
  await using target = await startPostgresql({ hba: ['local all all scram-sha-256'] });
  const password = canary('target');
  await target.sql('postgres', `CREATE ROLE restorer SUPERUSER LOGIN PASSWORD '${password}'`);
  const to = `postgresql://restorer@${encodeURIComponent(target.socket)}`;
  const ran = await recorded(
    [
      'restore',
      'main/shop',
      '--to',
      to,
      '--to-password',
      'env:TARGET_PASSWORD',
      '--clients',
      target.binaries,
      '--progress',
      'json',
    ],
    { TARGET_PASSWORD: password },
  );
  expect(ran.code, ran.stderr + ran.stdout).toBe(0);
  expect(ran.stdout + ran.stderr).not.toContain(password);
  expect(await target.sql('shop', 'SELECT note FROM orders')).toEqual([{ note: secrets.row }]);
});

test('a wrong password is not quoted', async () => {
  const wrong = canary('wrong');
  const ran = await recorded(['apply', '--auto-approve', '--now', '--only', 'main/shop', '--progress', 'json'], {
    LOGIN_PASSWORD: wrong,
  });
  expect(ran.code).not.toBe(0);
  expect(ran.stdout + ran.stderr).toContain('password authentication failed');
  expect(ran.stdout + ran.stderr).not.toContain(wrong);
});

test('a check that fails over a row says nothing of the row', async () => {
  const checks = [{ name: 'numbers', sql: 'select sum(note::int) from orders', expect: '>= 1' }];
  await bench.work.spec(spec({ checks }));
  const ran = await recorded(['drill', 'main/shop', '--json', '--progress', 'json', ...reports]);
  expect(ran.code, ran.stderr + ran.stdout).toBe(26);
  expect(ran.stdout).toContain('22P02');
  await writtenRevealsNothing();
  await bench.work.spec(spec());
});

test('a restore that fails over a row says nothing of the row', async () => {
  // Its function finds its table only with a search path, which no restore has: the error's context quotes the row.
  await bench.server.sql(
    'shop',
    `CREATE TABLE allowed (note text); INSERT INTO allowed SELECT note FROM orders;
     CREATE FUNCTION fits(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN EXISTS (SELECT FROM allowed a WHERE a.note = $1); END $$;
     ALTER TABLE orders ADD CHECK (fits(note))`,
  );
  await bench.applies();
  const ran = await recorded(['drill', 'main/shop', '--json', '--progress', 'json', ...reports]);
  expect(ran.code, ran.stderr + ran.stdout).toBe(26);
  expect(ran.stdout).toContain('restore/failed');
  await writtenRevealsNothing();
  await bench.nothingLeft();
});
