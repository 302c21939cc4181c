import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Codec, ContentEntry } from '../../manifest/manifest.ts';
import type { CompareOptions, DataCheck } from '../engine.ts';
import { rowSums, type RowSums } from './row-sums.ts';

export interface SecondLook {
  readonly entries: readonly ContentEntry[];
  readonly options: Pick<CompareOptions, 'dumpDirectory' | 'signal'>;
  /** Dumps the restored table of one entry once more. */
  readonly read: (entry: ContentEntry, into: { take(chunk: Uint8Array): void }) => Promise<void>;
}

/**
 * A second look at what differs but has as many rows as it had. Only a table with a primary or unique key is dumped in its
 * order; and no server reads a dump's -0 as a negative zero (measured on MySQL 9.7 and MariaDB 11.8).
 */
export async function compareWithoutOrder(
  checks: readonly DataCheck[],
  { entries, read, options }: SecondLook,
): Promise<readonly DataCheck[]> {
  const judged: DataCheck[] = [];
  for (const [index, check] of checks.entries()) {
    const entry = entries[index];
    if (check.equal || entry === undefined || check.actualRows !== check.expectedRows) {
      judged.push(check);
      continue;
    }
    const actual = rowSums();
    await read(entry, actual);
    const detail = sameness(await storedSums(entry, options), actual.finish());
    judged.push(detail === undefined ? check : { ...check, equal: true, method: 'order-free', detail });
  }
  return judged;
}

/** How two sets of rows are the same; undefined where they are not. */
function sameness(expected: RowSums, actual: RowSums): string | undefined {
  if (expected.rows !== actual.rows) return undefined;
  if (expected.exact === actual.exact) return 'the same rows in another order';
  return expected.withoutSigns === actual.withoutSigns
    ? 'the same rows, with 0 where there was a negative zero: a dump writes it as -0, which servers read as 0'
    : undefined;
}

/** Of the dump that was restored, whose bytes were checked when it was laid out. */
async function storedSums(entry: ContentEntry, { dumpDirectory, signal }: SecondLook['options']): Promise<RowSums> {
  const sums = rowSums();
  for await (const chunk of decoded(
    join(dumpDirectory, entry.file),
    entry.parts[0]?.codec ?? 'none',
  ) as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    sums.take(chunk);
  }
  return sums.finish();
}

function decoded(path: string, codec: Codec): Readable {
  const file = createReadStream(path);
  if (codec === 'none') return file;
  const decoder = codec === 'gzip' ? createGunzip() : createZstdDecompress();
  // What goes wrong destroys the decoder, whose reader sees it.
  pipeline(file, decoder, () => undefined);
  return decoder;
}
