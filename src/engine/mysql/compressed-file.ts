import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip, createZstdCompress } from 'node:zlib';
import { OperationError } from '../../base/operation-error.ts';
import { releaseFilled, releaseOutput } from '../../codec/release.ts';
import type { Codec } from '../../manifest/manifest.ts';
import type { DumpPolicy } from '../../spec/desired.ts';

export interface Compression {
  readonly codec: Codec;
  /** What a file name ends with: `.zst`. */
  readonly suffix: string;
  readonly compressor: () => Transform | undefined;
}

/** Few large pieces: each costs a hop between threads and a write, and becomes garbage. */
const outputBytes = 256 * 1024;

/** `auto` is zstd 3. Frames have a checksum (RFC 8878, 3.1.1), as gzip's members always do. */
export function compressionOf(policy: DumpPolicy['compression']): Compression {
  const wanted = policy === 'auto' ? { codec: 'zstd' as const, level: 3 } : policy;
  switch (wanted.codec) {
    case 'zstd':
      return {
        codec: 'zstd',
        suffix: '.zst',
        compressor: () =>
          createZstdCompress({
            chunkSize: outputBytes,
            params: { [constants.ZSTD_c_checksumFlag]: 1, [constants.ZSTD_c_compressionLevel]: wanted.level },
          }),
      };
    case 'gzip':
      return {
        codec: 'gzip',
        suffix: '.gz',
        compressor: () => createGzip({ level: wanted.level, chunkSize: outputBytes }),
      };
    case 'none':
      return { codec: 'none', suffix: '', compressor: () => undefined };
    default:
      return wanted satisfies never;
  }
}

export interface CompressedFile {
  readonly path: string;
  readonly file: string;
  readonly codec: Codec;
  /** Resolves when the bytes are not needed any more. Writes may overlap. */
  write(bytes: Buffer): Promise<void>;
  /** Resolves once everything is in the file. Throws what writing failed with. */
  end(): Promise<void>;
  /** Bytes in the file so far. */
  storedBytes(): number;
  /** Closes it as it is. */
  discard(): void;
}

/** A new file that compresses what it is given. */
export function compressedFile(directory: string, name: string, compression: Compression): CompressedFile {
  const file = `${name}${compression.suffix}`;
  const path = join(directory, file);
  const target = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  const compressor = compression.compressor();
  const input = compressor ?? target;
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  const written =
    compressor === undefined
      ? once(target, 'close').then(() => undefined)
      : pipeline(compressor, (chunks: AsyncIterable<Buffer>) => store(chunks, target));
  const finished = written.catch((error: unknown) => {
    failure.reject(described(error));
    throw described(error);
  });
  finished.catch(() => undefined);
  return {
    path,
    file,
    codec: compression.codec,
    write(bytes) {
      const taken = new Promise<void>((resolve) => input.write(bytes, () => resolve()));
      const done = Promise.race([taken, failure.promise]);
      // Whoever wrote may have failed with something else by then.
      done.catch(() => undefined);
      return done;
    },
    async end() {
      input.end();
      await finished;
    },
    storedBytes: () => target.bytesWritten,
    discard() {
      input.destroy();
      target.destroy();
    },
  };
}

/**
 * Writes a codec's output, and frees its buffers: a file of a few rows has as large a one as any, and they come by hundreds.
 */
async function store(chunks: AsyncIterable<Buffer>, target: WriteStream): Promise<void> {
  const closed = once(target, 'close');
  closed.catch(() => undefined);
  let last: Buffer | undefined;
  try {
    for await (const chunk of chunks) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      target.write(chunk, (error) => (error ? reject(error) : resolve()));
      await promise;
      releaseFilled(chunk, outputBytes);
      last = chunk;
    }
  } catch (error) {
    target.destroy();
    throw error;
  }
  target.end();
  await closed;
  if (last !== undefined) releaseOutput(last.buffer, outputBytes);
}

function described(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new OperationError('dump/failed', 'no space is left where the dump is written', {
    hint: 'That is below scratch/ of the repository, on its own disk: free space there.',
    cause: error,
  });
}
