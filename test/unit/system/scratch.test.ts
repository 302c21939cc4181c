import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { openScratch, sweepScratch, withScratch } from '../../../src/system/scratch.ts';
import { ownIdentity } from '../../../src/system/process-identity.ts';

const name = (own: string, change: { readonly startTime?: string; readonly boot?: string }): string => {
  const [purpose = '', pid = '', startTime = '', namespace = '', boot = ''] = own.split('.');
  return [purpose, pid, change.startTime ?? startTime, namespace, change.boot ?? boot, '00abcd'].join('.');
};

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
  expect(await sweepScratch()).toBeGreaterThanOrEqual(dead.length);
  const left = await readdir(root);
  expect(left).toContain(own);
  for (const each of spared) expect(left).toContain(each);
  for (const each of dead) expect(left).not.toContain(each);
  for (const each of spared) await rm(join(root, each), { recursive: true });
});
