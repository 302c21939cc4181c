import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { proveFile } from '../../../src/codec/prove-file.ts';
import { sha256 } from '../../../src/codec/hash.ts';
import { withScratch } from '../../../src/system/scratch.ts';

// Does not compress, so that the file is large enough for the thread of its own.
const row = (n: number): string => `${n}\t${sha256(Buffer.from(String(n)))}\n`;
const text = Array.from({ length: 150_000 }, (_, n) => row(n)).join('');
const stored = zstdCompressSync(Buffer.from(`${text}\\.\n\n\n`));

describe('a large file, proven on a thread of its own', () => {
  test('gives what a small one gives', async () => {
    await withScratch('test', async (folder) => {
      const path = join(folder, 'data.zst');
      await writeFile(path, stored);
      expect(stored.byteLength).toBeGreaterThan(4 * 1024 * 1024);
      await expect(proveFile(path, { codec: 'zstd', as: 'copy-text' })).resolves.toEqual({
        storedBytes: stored.byteLength,
        storedSha256: sha256(stored),
        plainBytes: text.length + 5,
        digest: sha256(Buffer.from(text)),
        rows: 150_000,
      });
    });
  });

  test('truncated, says so with its code', async () => {
    await withScratch('test', async (folder) => {
      const path = join(folder, 'data.zst');
      await writeFile(path, stored.subarray(0, -9));
      await expect(proveFile(path, { codec: 'zstd', as: 'copy-text' })).rejects.toMatchObject({
        name: 'OperationError',
        code: 'dump/truncated',
      });
    });
  });

  test('aborted, ends with the reason', async () => {
    await withScratch('test', async (folder) => {
      const path = join(folder, 'data.zst');
      await writeFile(path, stored);
      const stop = new AbortController();
      const proof = proveFile(path, { codec: 'zstd', as: 'copy-text', signal: stop.signal });
      stop.abort(new Error('enough'));
      await expect(proof).rejects.toThrow('enough');
    });
  });
});
