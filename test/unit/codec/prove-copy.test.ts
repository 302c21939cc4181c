import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { countNewlines } from '../../../src/codec/count-newlines.ts';
import { proveStream } from '../../../src/codec/prove-copy.ts';
import { compressText, decompress } from '../../../src/codec/zstd.ts';
import { fc } from '../../support/properties.ts';

const rows = 'one\t1\ntwo\t\\\\.\nthree\t\\N\n';
const file = `${rows}\\.\n\n\n`;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const half = Math.floor(file.length / 2);
const encoded = {
  none: Buffer.from(file),
  gzip: gzipSync(file),
  zstd: compressText(file),
} as const;
const severalFrames = {
  gzip: Buffer.concat([gzipSync(file.slice(0, half)), gzipSync(file.slice(half))]),
  zstd: Buffer.concat([compressText(file.slice(0, half)), compressText(file.slice(half))]),
} as const;

describe.each(['none', 'gzip', 'zstd'] as const)('a data file (%s)', (codec) => {
  test.each([1, 3, 7, 1_000])('gives rows and digest of the COPY text, in pieces of %i', async (size) => {
    const proof = await proveStream(inPieces(encoded[codec], size), { codec, as: 'copy-text' });
    expect(proof).toEqual({
      storedBytes: encoded[codec].length,
      storedSha256: createHash('sha256').update(encoded[codec]).digest('hex'),
      plainBytes: file.length,
      digest: sha256(rows),
      rows: 3,
    });
  });

  test('cut anywhere is refused', async () => {
    for (let length = 0; length < encoded[codec].length; length++) {
      const proof = proveStream(inPieces(encoded[codec].subarray(0, length), 5), { codec, as: 'copy-text' });
      await expect(proof, `cut at ${length}`).rejects.toMatchObject({ code: 'dump/truncated' });
    }
  });

  test.each([1, 1_000])('followed by anything is refused, in pieces of %i', async (size) => {
    for (const more of ['\0', 'garbage that is long enough']) {
      const proof = proveStream(inPieces(Buffer.concat([encoded[codec], Buffer.from(more)]), size), {
        codec,
        as: 'copy-text',
      });
      await expect(proof).rejects.toMatchObject({ code: 'dump/truncated' });
    }
  });

  test('of an empty table has no rows', async () => {
    const empty = '\\.\n\n\n';
    const stored = codec === 'none' ? Buffer.from(empty) : codec === 'gzip' ? gzipSync(empty) : compressText(empty);
    await expect(proveStream(inPieces(stored, 2), { codec, as: 'copy-text' })).resolves.toMatchObject({
      rows: 0,
      digest: sha256(''),
    });
  });
});

describe.each(['gzip', 'zstd'] as const)('several frames (%s)', (codec) => {
  test.each([1, 4, 1_000])('are all read, in pieces of %i', async (size) => {
    await expect(proveStream(inPieces(severalFrames[codec], size), { codec, as: 'copy-text' })).resolves.toMatchObject({
      rows: 3,
      digest: sha256(rows),
    });
  });

  test('are refused when the last is cut', async () => {
    const cut = severalFrames[codec].subarray(0, severalFrames[codec].length - 3);
    for (const size of [1, 1_000])
      await expect(proveStream(inPieces(cut, size), { codec, as: 'copy-text' })).rejects.toMatchObject({
        code: 'dump/truncated',
      });
  });
});

test('a flipped bit is refused by the checksum', async () => {
  for (const codec of ['gzip', 'zstd'] as const) {
    const damaged = Buffer.from(encoded[codec]);
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 2) ^ 1, damaged.length - 2);
    await expect(proveStream(inPieces(damaged, 9), { codec, as: 'opaque' })).rejects.toMatchObject({
      code: 'dump/truncated',
    });
  }
});

test('an end mark in the middle of a line is none', async () => {
  await expect(
    proveStream(inPieces(Buffer.from('row\\.\n\n\n'), 4), { codec: 'none', as: 'copy-text' }),
  ).rejects.toMatchObject({ code: 'dump/truncated' });
});

test('newlines are counted whatever the alignment', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(0x0a, 0x0b, 0x8a, 0x00, 0x61), { maxLength: 3_000 }),
      fc.nat(7),
      (bytes, offset) => {
        const view = Uint8Array.from([...Array.from({ length: offset }, () => 0x0a), ...bytes]).subarray(offset);
        expect(countNewlines(view)).toBe(bytes.filter((byte) => byte === 0x0a).length);
      },
    ),
  );
});

describe('decompress', () => {
  test('reads all frames and nothing else', () => {
    expect(decompress(severalFrames.zstd, 1_000).toString()).toBe(file);
    expect(() => decompress(encoded.zstd.subarray(0, -1), 1_000)).toThrow(/does not decode/);
    expect(() => decompress(Buffer.concat([encoded.zstd, Buffer.from('x')]), 1_000)).toThrow(/does not decode/);
    expect(() => decompress(Buffer.alloc(0), 1_000)).toThrow(/does not decode/);
  });

  test('stops at its limit', () => {
    expect(() => decompress(compressText(Buffer.alloc(1_000_000)), 10_000)).toThrow(/does not decode/);
  });
});
