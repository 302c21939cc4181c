import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { initialiseFilesystemRepository } from '../../src/repository/filesystem/initialise.ts';
import { openFilesystemRepository } from '../../src/repository/filesystem/open.ts';
import type { Repository } from '../../src/repository/repository.ts';

const program = join(import.meta.dirname, '../fixtures/repository/store.ts');
const whole = createHash('sha256')
  .update(Buffer.concat([Buffer.alloc(100_000, 'a'), Buffer.alloc(100_000, 'b')]))
  .digest('hex');
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-faults-'));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function make(path: string): Promise<Repository> {
  await initialiseFilesystemRepository(path);
  return openFilesystemRepository(path);
}

async function* zeros(bytes: number): AsyncGenerator<Uint8Array> {
  for (let left = bytes; left > 0; left -= 65_536) yield Buffer.alloc(Math.min(left, 65_536));
}

const sha256Of = async (repository: Repository, key: string): Promise<string> =>
  createHash('sha256')
    .update(await repository.readSmall(key, 1_000_000))
    .digest('hex');
const keysOf = async (repository: Repository, prefix: string): Promise<readonly string[]> =>
  (await Array.fromAsync(repository.list(prefix))).map(({ key }) => key);

/** Runs the program with a signal at the n-th call; true where it was killed, false where it made fewer calls. */
function killedAt(root: string, call: string, when: number): boolean {
  const inject = [
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:signal=KILL:when=${when}`,
  ];
  const { signal, status } = spawnSync('strace', [...inject, process.execPath, program, root], {
    env: { PATH: process.env['PATH'], UV_THREADPOOL_SIZE: '1' },
    stdio: 'ignore',
  });
  return signal === 'SIGKILL' || status === 137;
}

// strace counts each thread's calls by itself; with one thread in the pool, all calls on files are its.
// rename serves only where a file system has no hard links, and for leases.
describe.each([
  ['fsync', 8],
  ['link', 2],
  ['unlink', 2],
])('killed at any %s', (call, atLeast) => {
  test('a commit names nothing incomplete, and the next run works', async () => {
    let kills = 0;
    for (let when = 1; when < 40; when += 1) {
      const root = directory();
      const repository = await make(root);
      if (!killedAt(root, call, when)) break;
      kills += 1;
      const data = await keysOf(repository, 'data/');
      for (const key of data) expect(await sha256Of(repository, key)).toBe(whole);
      for (const key of await keysOf(repository, 'manifests/')) {
        expect(String(await repository.readSmall(key, 100))).toBe('committed');
        expect(data).toEqual(['data/x/big']);
      }
      for (const key of [...data, ...(await keysOf(repository, 'manifests/'))]) await repository.remove(key);
      expect(spawnSync(process.execPath, [program, root]).status).toBe(0);
      expect(await sha256Of(repository, 'data/x/big')).toBe(whole);
    }
    expect(kills).toBeGreaterThanOrEqual(atLeast);
  });
});

describe('an error of fsync', () => {
  test('fails the store and leaves no object', async () => {
    const root = directory();
    const repository = await make(root);
    const inject = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync', '-e', 'inject=fsync:error=EIO:when=1+'];
    const run = spawnSync('strace', [...inject, process.execPath, program, root], { stdio: 'ignore' });
    expect(run.status).not.toBe(0);
    expect(await keysOf(repository, 'manifests/')).toEqual([]);
  });

  test('at any one of them leaves nothing committed', async () => {
    let failures = 0;
    for (let when = 1; when < 40; when += 1) {
      const root = directory();
      const repository = await make(root);
      const inject = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync', '-e', `inject=fsync:error=EIO:when=${when}`];
      const { status } = spawnSync('strace', [...inject, process.execPath, program, root], {
        env: { PATH: process.env['PATH'], UV_THREADPOOL_SIZE: '1' },
        stdio: 'ignore',
      });
      if (status === 0) break;
      failures += 1;
      expect(await keysOf(repository, 'manifests/')).toEqual([]);
    }
    expect(failures).toBeGreaterThanOrEqual(8);
  });
});

describe.runIf(process.getuid?.() === 0)('on a file system of its own', () => {
  function mount(options: string): string {
    const path = directory();
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
    cleanups.push(() => execFileSync('umount', ['-l', path]));
    return path;
  }

  test('that is full, a store fails with repository/full and leaves nothing; what was there stays readable', async () => {
    const repository = await make(mount('size=1m'));
    await repository.put('data/a/old', zeros(300_000));
    await expect(repository.put('data/b/new', zeros(2_000_000))).rejects.toMatchObject({ code: 'repository/full' });
    expect(await keysOf(repository, 'data/')).toEqual(['data/a/old']);
    expect(await readdir(join(repository.location, 'scratch/tmp'))).toEqual([]);
    await repository.put('data/b/new', zeros(300_000));
  });

  test('that is full at the commit, nothing is committed', async () => {
    const root = mount('size=1m');
    const repository = await make(root);
    await expect(repository.put('data/a/fill', zeros(1_000_000))).resolves.toBeDefined();
    await expect(repository.commit('manifests/s/d/x.json', Buffer.alloc(100_000))).rejects.toMatchObject({
      code: 'repository/full',
    });
    expect(await keysOf(repository, 'manifests/')).toEqual([]);
  });

  test('without inodes, a store fails with repository/full', async () => {
    const repository = await make(mount('size=4m,nr_inodes=4'));
    await expect(repository.put('data/a/x', zeros(10))).rejects.toMatchObject({ code: 'repository/full' });
  });

  test('that is read-only, reading works and writing says so', async () => {
    const root = mount('size=1m');
    const repository = await make(root);
    await repository.put('data/a/x', zeros(10));
    execFileSync('mount', ['-o', 'remount,ro', root]);
    await expect(repository.put('data/a/y', zeros(10))).rejects.toMatchObject({ code: 'repository/unreachable' });
    expect(await repository.readSmall('data/a/x', 10)).toHaveLength(10);
  });

  test('that is unmounted, it is not a new repository', async () => {
    const root = mount('size=1m');
    const repository = await make(root);
    execFileSync('umount', [root]);
    await expect(repository.put('data/a/x', zeros(10))).rejects.toMatchObject({ code: 'repository/unreachable' });
    await expect(openFilesystemRepository(root)).rejects.toMatchObject({ code: 'repository/not-initialised' });
    cleanups.pop();
  });
});
