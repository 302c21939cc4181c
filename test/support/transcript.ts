import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeLauncher } from './launcher.ts';
import { version } from '../../src/cli/version.ts';

/**
 * Plays a transcript in a new directory and gives it back with what really came out. A transcript is lines:
 *
 *     # for the reader
 *     @ FILE            the `| ` lines below are written into this file
 *     $ COMMAND         run by sh, with `backup` in its PATH and no terminal
 *     > …               its standard output
 *     ! …               its standard error
 *     ? N               its exit code, where it is not 0
 *
 * What differs from run to run (directory, times, ids, durations, version) is replaced by a name.
 */
export async function play(file: string): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'hf-cli-')));
  try {
    const lines = (await readFile(file, 'utf8')).split('\n');
    await placeProgram(directory);
    const played: string[] = [];
    let target: string | undefined;
    let content: string[] = [];
    const finishFile = async (): Promise<void> => {
      if (target !== undefined) await writeFile(join(directory, target), content.map((line) => `${line}\n`).join(''));
      target = undefined;
      content = [];
    };
    for (const line of lines) {
      if (line.startsWith('> ') || line.startsWith('! ') || line.startsWith('? ')) continue;
      played.push(line);
      if (line === '|' || line.startsWith('| ')) content.push(line.slice(2));
      else await finishFile();
      if (line.startsWith('@ ')) target = line.slice(2);
      if (line.startsWith('$ ')) played.push(...(await run(line.slice(2), directory)));
    }
    return played.join('\n');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The program as a command of its own, as an installed one is. */
export async function placeProgram(directory: string): Promise<void> {
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  await mkdir(join(directory, '.bin'));
  placeLauncher(join(directory, '.bin/backup'), [process.execPath, main]);
}

export const environmentIn = (directory: string): Readonly<Record<string, string>> => ({
  PATH: `${join(directory, '.bin')}:/usr/local/bin:/usr/bin:/bin`,
  HOME: join(directory, '.home'),
  TZ: 'UTC',
  // One for all, so that not every short process compiles everything anew.
  NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
});

async function run(command: string, directory: string): Promise<readonly string[]> {
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: directory,
    env: environmentIn(directory),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | string>((done, fail) => {
    child.on('error', fail);
    child.on('close', (status, signal) => done(status ?? signal ?? 'unknown'));
  });
  return [
    ...marked('>', normalised(stdout, directory)),
    ...marked('!', normalised(stderr, directory)),
    ...(code === 0 ? [] : [`? ${code}`]),
  ];
}

/** A line without its line feed at the end is told from one with it. */
function marked(mark: string, text: string): readonly string[] {
  if (text === '') return [];
  const lines = text.endsWith('\n') ? text.slice(0, -1).split('\n') : `${text}(no line feed)`.split('\n');
  return lines.map((line) => `${mark} ${line}`);
}

function normalised(text: string, directory: string): string {
  return text
    .replaceAll('\u001b', '\\e')
    .replaceAll(directory, 'DIR')
    .replaceAll(version, 'VERSION')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIME')
    .replace(/\b[0-9a-f]{32,64}\b/g, 'HEX')
    .replace(/\bPlan [0-9a-f]{12}\b/g, 'Plan HEX');
}
