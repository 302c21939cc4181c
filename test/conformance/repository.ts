import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ObjectInfo, Repository } from '../../src/repository/repository.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function* pieces(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function all(objects: AsyncIterable<ObjectInfo>): Promise<readonly ObjectInfo[]> {
  return (await Array.fromAsync(objects)).sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** What every kind of repository must do. `make` gives a new, empty one. */
export function repositoryConformance(name: string, make: () => Promise<Repository>): void {
  describe(`repository: ${name}`, () => {
    let repository: Repository;
    let local: string;
    beforeEach(async () => {
      repository = await make();
      local = await mkdtemp(join(tmpdir(), 'holdfast-conformance-'));
    });
    afterEach(() => rm(local, { recursive: true, force: true }));

    test('gives back what was put, and its hash', async () => {
      const bytes = randomBytes(3_000_000);
      const stored = await repository.put('data/a/big.bin', pieces(bytes.subarray(0, 10), bytes.subarray(10)));
      expect(stored).toEqual({ bytes: bytes.length, sha256: sha256(bytes) });
      expect((await buffer(await repository.read('data/a/big.bin'))).equals(bytes)).toBe(true);
    });

    test('reads a range', async () => {
      await repository.put('data/a/x', pieces('0123456789'));
      expect(String(await buffer(await repository.read('data/a/x', { offset: 3, length: 4 })))).toBe('3456');
      expect(await buffer(await repository.read('data/a/x', { offset: 10, length: 0 }))).toHaveLength(0);
    });

    test('stores an empty object', async () => {
      await repository.put('data/a/empty', pieces());
      expect(await repository.readSmall('data/a/empty', 10)).toHaveLength(0);
    });

    test('writes every object once', async () => {
      await repository.put('data/a/x', pieces('first'));
      await expect(repository.put('data/a/x', pieces('second'))).rejects.toMatchObject({
        code: 'repository/object-exists',
      });
      await expect(repository.commit('data/a/x', Buffer.from('third'))).rejects.toMatchObject({
        code: 'repository/object-exists',
      });
      await writeFile(join(local, 'f'), 'fourth');
      await expect(repository.adopt('data/a/x', join(local, 'f'), sha256(Buffer.from('fourth')))).rejects.toMatchObject(
        { code: 'repository/object-exists' },
      );
      expect(String(await repository.readSmall('data/a/x', 10))).toBe('first');
    });

    test('lets one of several win who commit the same key at once', async () => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, n) => repository.commit('leases/s/0000000001.json', Buffer.from(String(n)))),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(String(await repository.readSmall('leases/s/0000000001.json', 10))).toBe(
        String(outcomes.findIndex(({ status }) => status === 'fulfilled')),
      );
    });

    test('leaves nothing of a source that fails, and passes its error on', async () => {
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('half');
        throw new Error('the source failed');
      }
      await expect(repository.put('data/a/x', failing())).rejects.toThrow('the source failed');
      expect(await all(repository.list('data/'))).toEqual([]);
      await repository.put('data/a/x', pieces('whole'));
    });

    test('adopts a file: it is gone from its place', async () => {
      const path = join(local, 'file');
      await writeFile(path, 'content');
      const stored = await repository.adopt('data/a/x', path, sha256(Buffer.from('content')));
      expect(stored).toEqual({ bytes: 7, sha256: sha256(Buffer.from('content')) });
      await expect(stat(path)).rejects.toThrow('ENOENT');
      expect(String(await repository.readSmall('data/a/x', 10))).toBe('content');
    });

    test('adopts from its own scratch space', async () => {
      const scratch = await repository.scratch('20261122T194629Z-3f9a2c71');
      if (scratch === undefined) return;
      await writeFile(join(scratch, 'file'), 'content');
      await repository.adopt('data/a/x', join(scratch, 'file'), sha256(Buffer.from('content')));
      expect(String(await repository.readSmall('data/a/x', 10))).toBe('content');
      await repository.removeScratch('20261122T194629Z-3f9a2c71');
      await expect(stat(scratch)).rejects.toThrow('ENOENT');
    });

    test('refuses a file that is not what was hashed', async () => {
      await writeFile(join(local, 'file'), 'changed');
      await expect(
        repository.adopt('data/a/x', join(local, 'file'), sha256(Buffer.from('content'))),
      ).rejects.toMatchObject({ code: 'repository/object-corrupt' });
      expect(await all(repository.list('data/'))).toEqual([]);
    });

    test('lays an object out as a file', async () => {
      await repository.put('data/a/x', pieces('content'));
      expect(await repository.fetch('data/a/x', join(local, 'out'))).toEqual({
        bytes: 7,
        sha256: sha256(Buffer.from('content')),
      });
      expect(String(await readFile(join(local, 'out')))).toBe('content');
      await rm(join(local, 'out'));
      expect(String(await repository.readSmall('data/a/x', 10))).toBe('content');
    });

    test('says when an object is missing', async () => {
      for (const attempt of [
        () => repository.read('data/a/none'),
        () => repository.readSmall('data/a/none', 1),
        () => repository.fetch('data/a/none', join(local, 'x')),
      ]) {
        await expect(attempt()).rejects.toMatchObject({ code: 'repository/object-missing' });
      }
    });

    test('reads no more than the limit', async () => {
      await repository.put('data/a/x', pieces('0123456789'));
      await expect(repository.readSmall('data/a/x', 9)).rejects.toMatchObject({ code: 'repository/object-corrupt' });
    });

    test('lists everything below a prefix, and only that', async () => {
      const keys = ['data/a/1', 'data/a/dump/2', 'data/b/3', 'manifests/s/d/4.json', 'data/a/%2E'];
      for (const key of keys) await repository.put(key, pieces(key));
      expect((await all(repository.list('data/a/'))).map(({ key, bytes }) => [key, bytes])).toEqual([
        ['data/a/%2E', 10],
        ['data/a/1', 8],
        ['data/a/dump/2', 13],
      ]);
      expect(await all(repository.list('records/'))).toEqual([]);
      expect([...(await repository.names('data/'))].sort()).toEqual(['a', 'b']);
      expect(await repository.names('records/')).toEqual([]);
    });

    test('changes the stamp with the content', async () => {
      await repository.replace('leases/s/1.json', Buffer.from('a'));
      const [before] = await all(repository.list('leases/'));
      await repository.replace('leases/s/1.json', Buffer.from('b'));
      const [after] = await all(repository.list('leases/'));
      expect(after?.stamp).not.toBe(before?.stamp);
    });

    test('replaces leases and nothing else', async () => {
      await expect(repository.replace('manifests/s/d/1.json', Buffer.from('x'))).rejects.toMatchObject({
        code: 'repository/io',
      });
    });

    test('removes, also what is not there', async () => {
      await repository.put('data/a/x', pieces('x'));
      await repository.remove('data/a/x');
      await repository.remove('data/a/x');
      expect(await repository.names('data/')).toEqual([]);
    });

    test.each([
      '../x',
      '/etc/x',
      'data/../../x',
      'data//x',
      'data/.x',
      'data/a\0b',
      '',
      'data/',
      'data/ä',
      `data/${'x'.repeat(300)}`,
    ])('refuses the key %j everywhere', async (key) => {
      await writeFile(join(local, 'file'), 'x');
      for (const attempt of [
        () => repository.put(key, pieces('x')),
        () => repository.commit(key, Buffer.from('x')),
        () => repository.read(key),
        () => repository.readSmall(key, 1),
        () => repository.remove(key),
        () => repository.adopt(key, join(local, 'file'), sha256(Buffer.from('x'))),
      ]) {
        await expect(attempt()).rejects.toMatchObject({ code: 'repository/io' });
      }
    });

    test('says how much room is left', async () => {
      expect((await repository.freeBytes()) ?? 1).toBeGreaterThan(0);
    });
  });
}
