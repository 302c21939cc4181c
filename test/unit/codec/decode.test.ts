import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decode } from '../../../src/codec/decode.ts';
import { fileChunks } from '../../../src/codec/file-chunks.ts';

const plain = Buffer.alloc(192 * 1024 * 1024, 'a line of which there are many\n');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hf-decode-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('decoding', () => {
  test.each([
    { codec: 'zstd' as const, stored: zstdCompressSync(plain) },
    { codec: 'gzip' as const, stored: gzipSync(plain, { level: 1 }) },
  ])('holds a few chunks of $codec at a time, whether the collector runs or not', async ({ codec, stored }) => {
    const path = join(folder, codec);
    await writeFile(path, stored);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    let bytes = 0;
    await decode(fileChunks(path), codec, (chunk) => {
      bytes += chunk.byteLength;
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    });
    expect(bytes).toBe(plain.byteLength);
    expect(most).toBeLessThan(8 * 1024 * 1024);
  });

  test('leaves alone what the reader of a file still has to give', async () => {
    const path = join(folder, 'plain');
    await writeFile(path, plain.subarray(0, 3 * 1024 * 1024));
    const pieces: Buffer[] = [];
    for await (const chunk of fileChunks(path)) pieces.push(Buffer.from(chunk));
    expect(Buffer.concat(pieces).equals(plain.subarray(0, 3 * 1024 * 1024))).toBe(true);
  });
});
