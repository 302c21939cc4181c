import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib';
import { OperationError } from '../base/operation-error.ts';
import type { Codec } from '../manifest/manifest.ts';
import { releaseFilled } from './release.ts';

/** Large outputs save hops between threads; for a small input they would only be garbage. Below 32 KiB, Node pools them. */
const outputBytes = (input: Uint8Array): number => (input.byteLength < 64 * 1024 ? 32 * 1024 : 512 * 1024);

/**
 * Decodes a stream to its very end and gives every plain chunk to `take`, which must not keep it: its memory goes.
 * Unlike node:zlib alone it neither stops after the first zstd frame nor ignores what follows the last frame: anything but
 * complete frames (gzip: members) throws `dump/truncated`, a failed checksum too.
 */
export async function decode(
  stored: AsyncIterable<Uint8Array>,
  codec: Codec,
  take: (plain: Uint8Array) => void,
): Promise<void> {
  if (codec === 'none') {
    for await (const chunk of stored) take(chunk);
    return;
  }
  let frame: Frame | undefined;
  try {
    for await (const chunk of stored) {
      let rest = chunk;
      for (;;) {
        frame ??= startFrame(codec, take, outputBytes(rest));
        const consumed = await frame.write(rest);
        if (consumed === rest.byteLength) break;
        // The frame ended within this chunk: what follows must be another one.
        await frame.end();
        rest = rest.subarray(consumed);
        frame = undefined;
      }
    }
    // Nothing at all is no frame either, and ends like a truncated one.
    frame ??= startFrame(codec, take, outputBytes(new Uint8Array()));
    await frame.end();
  } finally {
    frame?.destroy();
  }
}

interface Frame {
  /** How many of the bytes belong to the frames so far. */
  write(chunk: Uint8Array): Promise<number>;
  end(): Promise<void>;
  destroy(): void;
}

function startFrame(codec: 'gzip' | 'zstd', take: (plain: Uint8Array) => void, chunkSize: number): Frame {
  const decoder: Gunzip | ZstdDecompress =
    codec === 'gzip' ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
  const failure = Promise.withResolvers<never>();
  // Raced by every step; on its own it must not count as unhandled.
  failure.promise.catch(() => undefined);
  const fail = (error: unknown): void => failure.reject(error);
  const ended = new Promise<void>((resolve) => decoder.once('end', resolve));
  decoder.on('error', (error: NodeJS.ErrnoException) =>
    fail(new OperationError('dump/truncated', describe(codec, error))),
  );
  decoder.on('data', (chunk: Buffer) => {
    // A microtask later the decoder has begun the next chunk on its own thread: hashing and decoding overlap.
    queueMicrotask(() => {
      try {
        take(chunk);
        releaseFilled(chunk, chunkSize);
      } catch (error) {
        fail(error);
      }
    });
  });
  return {
    write: async (chunk) => {
      const before = decoder.bytesWritten;
      await Promise.race([failure.promise, new Promise<void>((resolve) => decoder.write(chunk, () => resolve()))]);
      return decoder.bytesWritten - before;
    },
    end: async () => {
      decoder.end();
      await Promise.race([failure.promise, ended]);
    },
    destroy: () => decoder.destroy(),
  };
}

function describe(codec: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'Z_BUF_ERROR') return `the ${codec} data ends before its end mark`;
  return `the ${codec} data does not decode (${error.message.toLowerCase()})`;
}
