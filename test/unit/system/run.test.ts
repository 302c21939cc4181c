import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { OperationError } from '../../../src/base/operation-error.ts';
import { runCommand, startCommand } from '../../../src/system/run.ts';

const sh = (script: string) => ({ program: 'sh', args: ['-c', script] });

/** A zombie does not run: who reaps it, and when, is not ours. */
function isRunning(pid: number): boolean {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 && !stdout.startsWith('Z');
}

describe('runCommand', () => {
  test('gives the text of a program that succeeds', async () => {
    const finished = await runCommand({ ...sh('echo out; echo err >&2'), stdout: 'text' });
    expect(finished).toMatchObject({ stdout: 'out\n', stderrTail: 'err\n' });
  });

  test('passes nothing of the own environment on', async () => {
    vi.stubEnv('PGPASSWORD', 'canary');
    const { stdout } = await runCommand({ program: 'env', args: [], env: { MINE: '1' }, stdout: 'text' });
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0])
      .filter((name) => name !== 'PWD' && name !== 'OLDPWD' && name !== '_' && name !== 'SHLVL');
    expect(names.sort()).toEqual(['HOME', 'LC_ALL', 'MINE', 'PATH', 'TZ']);
    vi.unstubAllEnvs();
  });

  test.each([
    ['an exit code', sh('exit 3'), 'process/failed', /exit code 3/],
    ['a signal', sh('kill -9 $$'), 'process/failed', /SIGKILL/],
    [
      'a program that is not there',
      { program: 'no-such-program', args: ['secret'] },
      'process/not-found',
      /no-such-program/,
    ],
  ])('throws for %s', async (_, command, code, message) => {
    const error: unknown = await runCommand(command).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OperationError);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  test('tells no argument in an error', async () => {
    const error = (await runCommand({ program: 'false', args: ['canary'] }).catch(
      (thrown: unknown) => thrown,
    )) as Error;
    expect(`${error.stack}${JSON.stringify(error)}${String(error.cause)}`).not.toContain('canary');
  });

  test('ends a program that takes too long', async () => {
    await expect(runCommand({ ...sh('exec sleep 1000'), timeoutMs: 50 })).rejects.toMatchObject({
      code: 'process/timeout',
    });
  });

  test('stops a program and its children on abort', async () => {
    const controller = new AbortController();
    const child = startCommand({ ...sh('sleep 1000 & echo $!; wait'), stdout: 'stream', signal: controller.signal });
    const grandchild = Number(await new Promise((resolve) => child.stdout.once('data', resolve)));
    controller.abort(new OperationError('run/interrupted', 'stopped by a test'));
    await expect(child.done).rejects.toThrow('stopped by a test');
    await expect.poll(() => isRunning(grandchild)).toBe(false);
  });

  test('hands lines of stderr on as they come', async () => {
    const lines: string[] = [];
    await runCommand({ ...sh('printf "a\\nb\\nlast" >&2'), onStderrLine: (line) => lines.push(line) });
    expect(lines).toEqual(['a', 'b', 'last']);
  });

  test('kills what the program left behind, even with its output open', async () => {
    const { stdout } = await runCommand({ ...sh('sleep 1000 & echo $!'), stdout: 'text' });
    await expect.poll(() => isRunning(Number(stdout))).toBe(false);
  });
});

describe('stdin', () => {
  test('takes a buffer or a stream', async () => {
    for (const stdin of [Buffer.from('hello'), Readable.from([Buffer.from('hel'), Buffer.from('lo')])]) {
      await expect(runCommand({ program: 'cat', args: [], stdin, stdout: 'text' })).resolves.toMatchObject({
        stdout: 'hello',
      });
    }
  });

  test('that fails is not an end of file: the program does not succeed with half of it', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from('half');
      throw new Error('source failed');
    }
    await expect(runCommand({ program: 'cat', args: [], stdin: Readable.from(broken()) })).rejects.toMatchObject({
      code: 'process/failed',
    });
  });

  test('that the program does not read to its end is no failure', async () => {
    const stdin = Readable.from([Buffer.alloc(1 << 20), Buffer.alloc(1 << 20)]);
    await expect(runCommand({ program: 'true', args: [], stdin })).resolves.toBeDefined();
  });
});

describe('a streamed stdout', () => {
  test('ends after success', async () => {
    expect(await text(startCommand({ ...sh('echo all'), stdout: 'stream' }).stdout)).toBe('all\n');
  });

  test('fails, not ends, when the program fails after closing it', async () => {
    const child = startCommand({ ...sh('echo part; exec >&-; exit 1'), stdout: 'stream' });
    await expect(text(child.stdout)).rejects.toMatchObject({ code: 'process/failed' });
  });

  test('fails when the program is killed in the middle', async () => {
    const child = startCommand({ ...sh('echo part; kill -9 $$'), stdout: 'stream' });
    await expect(text(child.stdout)).rejects.toMatchObject({ code: 'process/failed' });
  });

  test('kills the program when nobody wants it any more', async () => {
    const child = startCommand({ program: 'yes', args: [], stdout: 'stream' });
    child.stdout.once('data', () => child.stdout.destroy());
    await expect(child.done).rejects.toMatchObject({ code: 'process/failed' });
  });
});

describe('when Holdfast is killed', () => {
  test('no child, no grandchild and no scratch directory survives', async () => {
    const parent = spawn(process.execPath, [join(import.meta.dirname, '../../fixtures/system/parent.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [child, grandchild, scratch] = String(await new Promise((resolve) => parent.stdout.once('data', resolve)))
      .trim()
      .split(' ');
    expect(isRunning(Number(child)) && isRunning(Number(grandchild)) && existsSync(String(scratch))).toBe(true);
    parent.kill('SIGKILL');
    await expect
      .poll(() => isRunning(Number(child)) || isRunning(Number(grandchild)) || existsSync(String(scratch)))
      .toBe(false);
  });

  test('nothing of it keeps a finished tool alive', async () => {
    const script = `import { runCommand } from ${JSON.stringify(join(import.meta.dirname, '../../../src/system/run.ts'))}; await runCommand({ program: 'true', args: [] });`;
    await expect(
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 120_000 }),
    ).resolves.toBeDefined();
  });
});
