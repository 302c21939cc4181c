import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { delimiter, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { run, stopRunning } from './demo/run.ts';
import type { LoginAttempt, Secrets, Stage, StagedServer } from './demo/stage.ts';

/**
 * The whole way on real servers: a source with everything that a backup must not lose, backup, proof, and a restore onto a
 * clean server with its users able to log in. Every server is a throwaway one on a private socket and ends with this
 * process, however that ends. What stays is the repository and the evidence, below .demo/.
 */
const root = join(import.meta.dirname, '..');
const work = join(root, '.demo');
const evidence = join(work, 'evidence');

const password = (): string => randomBytes(12).toString('hex');
const secrets: Secrets = {
  DEMO_BACKUP_PASSWORD: password(),
  BOTPRESS_PASSWORD: password(),
  BOTPRESS_READONLY_PASSWORD: password(),
};

// The children get the terminal's Ctrl-C themselves, and a second one would end them at once; SIGTERM is for this process
// alone.
let stoppedBy: 'SIGINT' | 'SIGTERM' | undefined;
process.on('SIGINT', () => (stoppedBy = 'SIGINT'));
process.on('SIGTERM', () => {
  stoppedBy = 'SIGTERM';
  stopRunning('SIGTERM');
});

/** Begins a chapter, unless somebody stopped the demo. */
function say(text: string): void {
  if (stoppedBy !== undefined) throw new Error('stopped');
  process.stdout.write(`\n\u001b[1m── ${text}\u001b[0m\n`);
}

/** A command of Holdfast as an operator types it. Ends the demo where it exits otherwise than expected. */
async function backup(
  stage: Stage,
  args: readonly string[],
  { expected = 0, env = {} }: { readonly expected?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const spec = stage.spec === 'backup.yaml' || args.includes('--repository') ? [] : ['--spec', stage.spec];
  const words = [...args, ...spec];
  process.stdout.write(`\n\u001b[2m$ backup ${words.join(' ')}\u001b[0m\n`);
  const { code } = await run(process.execPath, ['src/cli/main.ts', ...words], {
    cwd: root,
    env: {
      ...secrets,
      ...(process.env['CI'] === undefined ? {} : { CI: 'true' }),
      // Packages put MariaDB's server program beside the folder of its clients.
      PATH: [stage.programs, join(stage.programs, '../sbin'), process.env['PATH']].join(delimiter),
      ...env,
    },
  });
  if (code !== expected) throw new Error(`backup ${args[0] ?? ''} exited with ${code}, expected ${expected}`);
}

interface Expected extends LoginAttempt {
  readonly works: boolean;
  readonly what: string;
}

async function login(stage: Stage, server: StagedServer, attempt: Expected): Promise<void> {
  const { role, works, what } = attempt;
  const { worked, answer } = await stage.login(server, attempt);
  if (worked !== works) throw new Error(`${role}: ${what}: ${answer}`);
  process.stdout.write(
    `   ${works ? 'works ' : 'denied'}  ${role.padEnd(18)} ${what.padEnd(24)} ${answer.slice(0, 90)}\n`,
  );
}

async function demo(stage: Stage): Promise<void> {
  await rm(work, { recursive: true, force: true });
  await mkdir(evidence, { recursive: true });

  say(`A source server with botpress_db: ${stage.content}`);
  await using source = await stage.source(secrets);
  const socket = join(work, 'socket');
  await using links = new AsyncDisposableStack();
  links.defer(() => rm(socket, { force: true }));
  await symlink(source.socket, socket);
  process.stdout.write(`   ${source.description} on ${relative(root, socket)}\n`);

  say('A repository, the plan, and the backup it asks for');
  await backup(stage, ['repository', 'init']);
  await backup(stage, ['plan', '--detailed-exitcode'], { expected: 2 });
  await backup(stage, ['apply', '--auto-approve']);

  say('A second plan has nothing to change');
  await backup(stage, ['plan', '--detailed-exitcode']);

  say('Verify: every stored byte, every artefact to its end');
  await backup(stage, ['verify']);

  say('Drill: restore onto a clean server that checks passwords, compare everything, tear it down');
  const reports = { json: 'drill.json', junit: 'drill.xml', markdown: 'drill.md' };
  await backup(stage, [
    'drill',
    ...Object.entries(reports).flatMap(([format, file]) => ['--report', `${format}=${join(evidence, file)}`]),
  ]);

  say('The disaster: no spec and no source, only the repository and a new server');
  await source.stop();
  await using clean = await stage.clean();
  const repository = join(work, 'backups');
  const to = ['--to', clean.url, ...(clean.password === undefined ? [] : ['--to-password', 'env:NEW_SERVER_PASSWORD'])];
  await backup(stage, ['restore', 'demo/botpress_db', '--repository', repository, ...to, '--clients', stage.programs], {
    env: clean.password === undefined ? {} : { NEW_SERVER_PASSWORD: clean.password },
  });

  say('Real logins on the new server');
  const owner = { role: 'botpress', password: secrets.BOTPRESS_PASSWORD };
  const reader = { role: 'botpress_readonly', password: secrets.BOTPRESS_READONLY_PASSWORD };
  const wrong = { password: 'not the password', sql: stage.reads, works: false, what: 'with a wrong password' };
  await login(stage, clean, { ...owner, sql: stage.reads, works: true, what: 'reads' });
  await login(stage, clean, { ...owner, sql: stage.writes, works: true, what: 'writes' });
  await login(stage, clean, { ...owner, ...wrong });
  await login(stage, clean, { ...reader, sql: stage.reads, works: true, what: 'reads' });
  await login(stage, clean, { ...reader, sql: stage.writes, works: false, what: 'may not write' });
  await login(stage, clean, { ...reader, ...wrong });

  say('Done. What stays:');
  process.stdout.write(`   backup    ${relative(process.cwd(), repository) || '.'}\n`);
  for (const file of (await readdir(evidence)).sort())
    process.stdout.write(`   evidence  ${relative(process.cwd(), join(evidence, file))}\n`);
}

/** `--engine postgresql` (the default) or `mariadb`. Loaded by name: the other's servers need not be there. */
async function stageOf(engine: string): Promise<Stage> {
  switch (engine) {
    case 'postgresql':
      return (await import('./demo/postgresql.ts')).postgresqlStage;
    case 'mariadb':
      return (await import('./demo/mariadb.ts')).mariadbStage;
    default:
      throw new Error(`--engine ${engine}: there are postgresql and mariadb`);
  }
}

try {
  const { values } = parseArgs({ options: { engine: { type: 'string', default: 'postgresql' } } });
  await demo(await stageOf(values.engine));
} catch (error) {
  process.stderr.write(
    `\n${stoppedBy === undefined ? `demo failed: ${error instanceof Error ? error.message : String(error)}` : 'demo stopped'}; every server is torn down\n`,
  );
  process.exitCode = { SIGINT: 130, SIGTERM: 143, none: 1 }[stoppedBy ?? 'none'];
}
