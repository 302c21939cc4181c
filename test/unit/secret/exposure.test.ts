import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { exposures } from '../../../src/secret/exposure.ts';

const place = { file: 'backup.yaml', line: 5, column: 3, endColumn: 7 };

async function folder(mode: number): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'hf-exposure-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  await chmod(path, mode);
  return path;
}

async function secretIn(directory: string, mode: number): Promise<string> {
  const path = join(directory, 'password');
  await writeFile(path, 'hunter2');
  await chmod(path, mode);
  return path;
}

test.each([0o644, 0o604, 0o444])('a file of mode %o in an open folder is warned of, and not read', async (mode) => {
  const path = await secretIn(await folder(0o755), mode);
  const found = await exposures([{ path, place }]);
  expect(found).toEqual([
    {
      severity: 'warning',
      code: 'secret/exposed',
      summary: `every user of this machine may read the secret file ${path}`,
      help: `Give it to the user who runs backup alone: chmod 600 ${path}.`,
      place,
    },
  ]);
});

test.each([0o600, 0o640, 0o440])('a file of mode %o is not', async (mode) => {
  expect(await exposures([{ path: await secretIn(await folder(0o755), mode), place }])).toEqual([]);
});

test('nor is one behind a folder that others may not pass', async () => {
  const inner = join(await folder(0o700), 'open');
  await mkdir(inner);
  await chmod(inner, 0o755);
  expect(await exposures([{ path: await secretIn(inner, 0o644), place }])).toEqual([]);
});

test('one that anyone may write is an error: it is refused when it is needed', async () => {
  const path = await secretIn(await folder(0o755), 0o666);
  expect(await exposures([{ path, place }])).toMatchObject([{ severity: 'error', code: 'secret/missing', place }]);
});

test('one that is not there is told by whoever needs it', async () => {
  expect(await exposures([{ path: join(await folder(0o755), 'absent'), place }])).toEqual([]);
});

test.runIf(process.getuid?.() === 0)('one of a read-only mount is a secret that a container was given', async () => {
  const directory = await folder(0o755);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=755', 'tmpfs', directory]);
  onTestFinished(() => void execFileSync('umount', ['-l', directory]));
  const path = await secretIn(directory, 0o444);
  expect(await exposures([{ path, place }])).toHaveLength(1);
  execFileSync('mount', ['-o', 'remount,ro', directory]);
  expect(await exposures([{ path, place }])).toEqual([]);
});
