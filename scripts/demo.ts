import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { binariesOf, majors } from '../test/support/postgresql-majors.ts';
import { startPostgresql, type TestServer } from '../test/support/postgresql.ts';

/**
 * The whole way on real servers: a source with everything that a backup must not lose, backup, proof, and a restore onto a
 * clean server with its users able to log in. Every server is a throwaway one on a private socket and ends with this
 * process, however that ends. What stays is the repository and the evidence, below .demo/.
 */
const root = join(import.meta.dirname, '..');
const work = join(root, '.demo');
const evidence = join(work, 'evidence');

/** Found by the tool in PATH, as on a machine where they are installed. */
const programs = binariesOf(majors[0] ?? 0) ?? '';
const secrets = {
  DEMO_BACKUP_PASSWORD: randomBytes(12).toString('hex'),
  BOTPRESS_PASSWORD: randomBytes(12).toString('hex'),
  BOTPRESS_READONLY_PASSWORD: randomBytes(12).toString('hex'),
};
/** Everyone but the bootstrap role has to give a password. */
const passwordsChecked = ['local all all scram-sha-256'];

const say = (text: string): void => void process.stdout.write(`\n\u001b[1m── ${text}\u001b[0m\n`);

interface Ran {
  readonly code: number;
  readonly output: string;
}

/** One child, its output shown while it runs (or returned, with `quiet`). */
function run(
  program: string,
  args: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly quiet?: boolean },
): Promise<Ran> {
  return new Promise((done, fail) => {
    const env = {
      PATH: `${programs}:${process.env['PATH'] ?? ''}`,
      HOME: process.env['HOME'] ?? '/',
      TERM: process.env['TERM'] ?? 'dumb',
      ...options.env,
    };
    const child = spawn(program, args, {
      cwd: root,
      env,
      stdio: options.quiet === true ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', fail);
    child.on('close', (code, signal) => done({ code: code ?? (signal === null ? 1 : 128), output: output.trim() }));
  });
}

/** A command of Holdfast as an operator types it. Ends the demo where it exits otherwise than expected. */
async function backup(args: readonly string[], expected = 0): Promise<void> {
  process.stdout.write(`\n\u001b[2m$ backup ${args.join(' ')}\u001b[0m\n`);
  const { code } = await run(process.execPath, ['src/cli/main.ts', ...args], {
    env: { ...secrets, ...(process.env['CI'] === undefined ? {} : { CI: 'true' }) },
  });
  if (code !== expected) throw new Error(`backup ${args[0] ?? ''} exited with ${code}, expected ${expected}`);
}

/** Tries one statement through a real login; `works` is what must come of it. */
async function login(
  server: TestServer,
  role: string,
  password: string,
  attempt: { readonly sql: readonly string[]; readonly works: boolean; readonly what: string },
): Promise<void> {
  const env = {
    PGHOST: server.socket,
    PGPORT: String(server.port),
    PGUSER: role,
    PGDATABASE: 'botpress_db',
    PGPASSWORD: password,
  };
  const { code, output } = await run(
    join(server.binaries, 'psql'),
    ['-XqAt', '-v', 'ON_ERROR_STOP=1', ...attempt.sql.flatMap((sql) => ['-c', sql])],
    { env, quiet: true },
  );
  const answer = (output.split('\n').at(-1) ?? '').replace(/^.*?(FATAL|ERROR): +/, '');
  if ((code === 0) !== attempt.works) throw new Error(`${role}: ${attempt.what}: ${answer}`);
  process.stdout.write(
    `   ${attempt.works ? 'works ' : 'denied'}  ${role.padEnd(18)} ${attempt.what.padEnd(24)} ${answer.slice(0, 90)}\n`,
  );
}

async function demo(): Promise<void> {
  await rm(work, { recursive: true, force: true });
  await mkdir(evidence, { recursive: true });

  say('A source server with botpress_db: 25 tables, roles, grants, policies, a few hundred thousand rows');
  await using source = await startPostgresql({ hba: passwordsChecked });
  await symlink(source.socket, join(work, 'socket'));
  await source.psql('postgres', `CREATE ROLE backup SUPERUSER LOGIN PASSWORD '${secrets.DEMO_BACKUP_PASSWORD}';`);
  await source.psql(
    'postgres',
    { file: join(root, 'scripts/demo/botpress.sql') },
    { app_password: secrets.BOTPRESS_PASSWORD, readonly_password: secrets.BOTPRESS_READONLY_PASSWORD },
  );
  process.stdout.write(`   PostgreSQL ${source.major} on ${relative(root, join(work, 'socket'))}\n`);

  say('A repository, the plan, and the backup it asks for');
  await backup(['repository', 'init']);
  await backup(['plan', '--detailed-exitcode'], 2);
  await backup(['apply', '--auto-approve']);

  say('A second plan has nothing to change');
  await backup(['plan', '--detailed-exitcode']);

  say('Verify: every stored byte, every artefact to its end');
  await backup(['verify']);

  say('Drill: restore onto a clean server that checks passwords, compare everything, tear it down');
  await backup([
    'drill',
    '--report',
    `json=${join(evidence, 'drill.json')}`,
    '--report',
    `junit=${join(evidence, 'drill.xml')}`,
    '--report',
    `markdown=${join(evidence, 'drill.md')}`,
  ]);

  say('The disaster: no spec and no source, only the repository and a new server');
  await source.stop();
  await using clean = await startPostgresql({ hba: passwordsChecked });
  await backup([
    'restore',
    'demo/botpress_db',
    '--repository',
    join(work, 'backups'),
    '--to',
    `postgresql://postgres@${encodeURIComponent(clean.socket)}`,
    '--clients',
    clean.binaries,
  ]);

  say('Real logins on the new server');
  const count = ["SELECT count(*) || ' messages' FROM messages"];
  await login(clean, 'botpress', secrets.BOTPRESS_PASSWORD, { sql: count, works: true, what: 'reads' });
  await login(clean, 'botpress', secrets.BOTPRESS_PASSWORD, {
    sql: ["INSERT INTO rate_limits VALUES ('demo', 1) RETURNING 'written'"],
    works: true,
    what: 'writes',
  });
  await login(clean, 'botpress', 'not the password', { sql: count, works: false, what: 'with a wrong password' });
  await login(clean, 'botpress_readonly', secrets.BOTPRESS_READONLY_PASSWORD, {
    sql: count,
    works: true,
    what: 'reads',
  });
  await login(clean, 'botpress_readonly', secrets.BOTPRESS_READONLY_PASSWORD, {
    sql: ['SET default_transaction_read_only = off', "INSERT INTO rate_limits VALUES ('no', 1)"],
    works: false,
    what: 'may not write',
  });
  await login(clean, 'botpress_readonly', 'not the password', {
    sql: count,
    works: false,
    what: 'with a wrong password',
  });

  say('Done. What stays:');
  process.stdout.write(`   backup    ${relative(process.cwd(), join(work, 'backups')) || '.'}\n`);
  for (const file of (await readdir(evidence)).sort())
    process.stdout.write(`   evidence  ${relative(process.cwd(), join(evidence, file))}\n`);
}

// The children get the terminal's Ctrl-C themselves; this process only has to outlive them and dispose of its servers.
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (interrupted = true));
try {
  await demo();
} catch (error) {
  process.stderr.write(
    `\n${interrupted ? 'demo stopped' : `demo failed: ${error instanceof Error ? error.message : String(error)}`}; every server is torn down\n`,
  );
  process.exitCode = interrupted ? 130 : 1;
}
