import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { version } from '../../src/cli/version.ts';
import { startPostgresql } from '../support/postgresql.ts';
import { environmentIn, placeProgram } from '../support/transcript.ts';

const slow = { timeout: 240_000 };

async function directoryWithProgram(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'hf-cli-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await placeProgram(directory);
  return directory;
}

test('the version is that of package.json', async () => {
  const manifest = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')) as object;
  expect(manifest).toMatchObject({ version });
});

test('a reader that goes away is no failure, and nothing is said about it', slow, async () => {
  const directory = await directoryWithProgram();
  const child = spawn(join(directory, '.bin/backup'), ['restore', '--help'], {
    cwd: directory,
    env: environmentIn(directory),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Closed before the program has written anything: its first write gets EPIPE.
  child.stdout.destroy();
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const code = await new Promise((done) => void child.on('close', done));
  expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
});

test('nothing that runs lies in the temporary directory, which belongs to everybody', slow, async () => {
  const directory = await directoryWithProgram();
  const { NODE_COMPILE_CACHE: _, ...env } = environmentIn(directory);
  const temporary = join(directory, 'temporary');
  await mkdir(temporary);
  const child = spawn(join(directory, '.bin/backup'), ['validate'], {
    cwd: directory,
    env: { ...env, TMPDIR: temporary },
    stdio: 'ignore',
  });
  expect(await new Promise((done) => void child.on('close', done))).toBe(20);
  expect(await readdir(temporary)).toEqual([]);
  expect(await readdir(join(directory, '.home/.cache/holdfast'))).toEqual(['compiled']);
});

/** A command on a pseudo terminal (script(1) of util-linux); `keys` are typed when it asks. */
async function answered(
  directory: string,
  keys: string,
  command = 'backup apply',
): Promise<{ readonly code: unknown; readonly screen: string }> {
  const child = spawn('/usr/bin/script', ['-qec', command, '/dev/null'], {
    cwd: directory,
    env: { ...environmentIn(directory), TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  let asked = false;
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
    if (!asked && screen.includes('Only "yes" is accepted')) {
      asked = true;
      child.stdin.write(keys);
    }
  });
  const code = await new Promise((done) => void child.on('close', done));
  return { code, screen };
}

test('apply asks on a terminal, and takes nothing but yes for an answer', slow, async () => {
  await using server = await startPostgresql();
  await server.sql('postgres', 'CREATE DATABASE shop');
  const directory = await directoryWithProgram();
  await writeFile(
    join(directory, 'backup.yaml'),
    `version: 1
repositories:
  primary: { type: filesystem, path: ./backups }
servers:
  main: { engine: postgresql, host: ${server.socket}, port: ${server.port}, user: ${server.user}, clients: ${server.binaries} }
databases:
  shop: { server: main }
`,
  );
  const init = spawn(join(directory, '.bin/backup'), ['repository', 'init'], {
    cwd: directory,
    env: environmentIn(directory),
  });
  expect(await new Promise((done) => void init.on('close', done))).toBe(0);

  // Enter alone, other spellings, the end of input (Ctrl-D) and Ctrl-C are all a no; the last is a signal as well.
  for (const [keys, expected] of [
    ['\r', 22],
    ['y\r', 22],
    ['YES\r', 22],
    ['yes please\r', 22],
    ['\u0004', 22],
    ['\u0003', 130],
  ] as const) {
    const { code, screen } = await answered(directory, keys);
    expect({ keys, code }).toEqual({ keys, code: expected });
    expect(screen).toContain('Nothing was changed.');
  }
  const accepted = await answered(directory, 'yes\r');
  expect(accepted).toMatchObject({ code: 0, screen: expect.stringContaining('1 done, 0 failed') as string });

  // Nothing to do, nothing to ask.
  const again = await answered(directory, '');
  expect(again).toMatchObject({ code: 0 });
  expect(again.screen).not.toContain('is accepted');
});

/** `command` in a shell with the program in its PATH: redirections are the shell's. */
async function inShell(directory: string, command: string) {
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: directory,
    env: environmentIn(directory),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise((done) => void child.on('close', done));
  return { code, stdout, stderr };
}

/** A spec and its repository, of a server that is not there. */
async function withoutServer(directory: string): Promise<void> {
  await writeFile(
    join(directory, 'backup.yaml'),
    `version: 1
repositories:
  primary: { type: filesystem, path: ./backups }
servers:
  main: { engine: postgresql, host: /nowhere, user: backup }
databases:
  shop: { server: main }
`,
  );
  expect(await inShell(directory, 'backup repository init')).toMatchObject({ code: 0 });
}

/** Something to sweep. */
async function placeLeftover(directory: string): Promise<void> {
  const leftover = join(directory, 'backups/data/20200101T000000Z-00000000/roles.sql.zst');
  await mkdir(dirname(leftover), { recursive: true });
  await writeFile(leftover, 'x');
  await utimes(leftover, 1, 1);
}

test('what apply asks about is shown before, also where the answer will be JSON', slow, async () => {
  const directory = await directoryWithProgram();
  await withoutServer(directory);
  await placeLeftover(directory);
  const { code, screen } = await answered(directory, 'no\r', 'backup apply --json');
  expect(code).toBe(22);
  expect(screen.slice(0, screen.indexOf('Only "yes"'))).toContain('20200101T000000Z-00000000  sweep');
});

test('a full disk below the log ends no work, and one below the answer is no success', slow, async () => {
  const directory = await directoryWithProgram();
  await withoutServer(directory);
  for (const progress of ['lines', 'json']) {
    await placeLeftover(directory);
    const applied = await inShell(directory, `backup apply --auto-approve --progress ${progress} 2>/dev/full`);
    expect(applied).toMatchObject({ code: 24, stdout: expect.stringContaining('1 done, 0 failed') as string });
  }
  const listed = await inShell(directory, 'backup list >/dev/full');
  expect(listed).toMatchObject({ code: 1, stderr: expect.stringContaining('[answer/unwritten]') as string });
  // What was found is not overwritten by where it could not be written.
  const planned = await inShell(directory, 'backup plan --report json=/dev/full');
  expect(planned).toMatchObject({ code: 24, stderr: expect.stringContaining('report /dev/full') as string });
});
