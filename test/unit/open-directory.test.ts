import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { openScratch } from '../../src/system/scratch.ts';
import { openDirectory, sweepOpenDirectories } from '../../src/target/local/open-directory.ts';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<{ readonly readdir: typeof readdir }>();
  return { ...real, readdir: vi.fn<typeof readdir>(real.readdir) };
});

let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'hf-open-'));
  vi.stubEnv('TMPDIR', temporary);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(temporary, { recursive: true, force: true });
});

test('a sweep leaves the directory of a drill that begins while it looks', async () => {
  await using gone = await openDirectory(join(temporary, 'server.gone'));
  await using held = new AsyncDisposableStack();
  let begun = '';
  const real = vi.mocked(readdir).getMockImplementation() as typeof readdir;
  // Between what the sweep lists first and what it lists then.
  vi.mocked(readdir).mockImplementationOnce((async (path: string) => {
    const names = await real(path);
    const scratch = held.use(await openScratch('server'));
    begun = held.use(await openDirectory(scratch.path)).path;
    return names;
  }) as unknown as typeof readdir);
  expect(await sweepOpenDirectories()).toBe(1);
  expect(existsSync(gone.path)).toBe(false);
  expect(existsSync(begun)).toBe(true);
});

test('a temporary directory of no use is told as such', async () => {
  vi.stubEnv('TMPDIR', '/nonexistent/place');
  onTestFinished(() => void vi.stubEnv('TMPDIR', temporary));
  await expect(sweepOpenDirectories()).rejects.toMatchObject({ code: 'process/no-scratch' });
});
