import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { openScratch, sweepScratch, withScratch } from '../../../src/system/scratch.ts';
import { ownIdentity } from '../../../src/system/process-identity.ts';

const name = (own: string, change: { readonly startTime?: string; readonly boot?: string }): string => {
  const [purpose = '', pid = '', startTime = '', namespace = '', boot = ''] = own.split('.');
  return [purpose, pid, change.startTime ?? startTime, namespace, change.boot ?? boot, '00abcd'].join('.');
};

// In the one that all share, any other run sweeps too, and may be first.
let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'hf-scratch-'));
  vi.stubEnv('TMPDIR', temporary);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(temporary, { recursive: true, force: true });
});

test('scratch space is private and goes with its owner', async () => {
  const path = await withScratch('test', async (inside) => {
    await writeFile(join(inside, 'f'), 'x', { mode: 0o600 });
    expect(await readdir(dirname(inside))).toContain(basename(inside));
    return inside;
  });
  expect(await readdir(dirname(path))).not.toContain(basename(path));
});

test('a sweep removes what a dead process left, and nothing of a living or an unknown one', async () => {
  await using mine = await openScratch('test');
  const root = dirname(mine.path);
  const own = basename(mine.path);
  const dead = [name(own, { startTime: '1' }), name(own, { boot: '0badb007' })];
  const spared = [name(own, { boot: 'unknown!' }), 'somebody-elses'];
  // Without /proc nothing can be proven, so that nothing is removed.
  expect(ownIdentity().bootId).not.toBe('');
  for (const each of [...dead, ...spared]) await mkdir(join(root, each), { mode: 0o700 });
  expect(await sweepScratch()).toBe(dead.length);
  const left = await readdir(root);
  expect(left).toContain(own);
  for (const each of spared) expect(left).toContain(each);
  for (const each of dead) expect(left).not.toContain(each);
});

test.each(['/dev/null', '/proc', '/nonexistent/place'])(
  'a temporary directory of no use (%s) holds up whoever needs it, and no sweep',
  async (path) => {
    vi.stubEnv('TMPDIR', path);
    onTestFinished(() => void vi.stubEnv('TMPDIR', temporary));
    expect(await sweepScratch()).toBe(0);
    await expect(openScratch('test')).rejects.toMatchObject({
      code: 'process/no-scratch',
      message: expect.stringMatching(`made at ${path}/holdfast-.* \\(E`) as string,
    });
  },
);

// A disk that is full or broken is had from the system alone, and only root may mount one.
test.runIf(process.getuid?.() === 0)('a temporary directory that takes nothing more holds up no sweep', async () => {
  const disk = await mkdtemp(join(temporary, 'disk'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'nr_inodes=3,size=1m', 'tmpfs', disk]);
  onTestFinished(() => void execFileSync('umount', [disk]));
  vi.stubEnv('TMPDIR', disk);
  onTestFinished(() => void vi.stubEnv('TMPDIR', temporary));
  const root = join(disk, `holdfast-${process.getuid?.()}`);
  await mkdir(join(root, name('test.1.1.1.00000000.00abcd', { startTime: '1', boot: '0badb007' })), {
    recursive: true,
    mode: 0o700,
  });
  await expect(openScratch('test')).rejects.toMatchObject({
    code: 'process/no-scratch',
    message: expect.stringContaining('ENOSPC') as string,
  });
  execFileSync('mount', ['-o', 'remount,ro', disk]);
  expect(await sweepScratch()).toBe(0);
  execFileSync('mount', ['-o', 'remount,rw', disk]);
  expect(await sweepScratch()).toBe(1);
});
