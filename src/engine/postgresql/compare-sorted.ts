import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Codec, ContentEntry } from '../../manifest/manifest.ts';
import { startCommand } from '../../system/run.ts';
import { withScratch } from '../../system/scratch.ts';

export interface SortedComparison {
  /** The tables whose rows are one set: one table, or all hash partitions of one. */
  readonly entries: readonly ContentEntry[];
  /** Where the restored dump lies, in its own codecs. */
  readonly dumpDirectory: string;
  /** COPY text of a restored table, in the entry's columns. */
  readonly copy: (entry: ContentEntry) => Readable;
  readonly signal: AbortSignal;
}

/** Ends each table's data in a dump; added to the other side, it cuts out of both. */
const terminator = '\\.\n\n\n';

/**
 * Whether dump and restored tables hold the same rows in whatever order: both sides' lines, sorted bytewise, have one digest.
 * A line is a row (PostgreSQL manual, COPY, "Text Format": newlines in values are escaped). Costs a sort of the whole table
 * on disk, so it comes only after the digests in order differed. The dump's bytes were checked when it was laid out.
 */
export async function sameRowsInAnyOrder(comparison: SortedComparison): Promise<boolean> {
  const { entries, dumpDirectory, copy, signal } = comparison;
  const dumped = entries.map((entry) => (): Readable => decoded(join(dumpDirectory, entry.file), codecOf(entry)));
  const restored = entries.flatMap((entry) => [
    (): Readable => copy(entry),
    (): Readable => Readable.from([terminator]),
  ]);
  const [expected, actual] = await Promise.all([sortedDigest(dumped, signal), sortedDigest(restored, signal)]);
  return expected === actual;
}

const codecOf = (entry: ContentEntry): Codec => entry.parts[0]?.codec ?? 'none';

function decoded(path: string, codec: Codec): Readable {
  const file = createReadStream(path);
  if (codec === 'none') return file;
  const decoder = codec === 'gzip' ? createGunzip() : createZstdDecompress();
  // What goes wrong destroys the decoder, whose reader sees it.
  pipeline(file, decoder, () => undefined);
  return decoder;
}

async function sortedDigest(sources: readonly (() => Readable)[], signal: AbortSignal): Promise<string> {
  return withScratch('sort', async (scratch) => {
    const hash = createHash('sha256');
    const { stdout } = startCommand({
      program: 'sort',
      args: ['--buffer-size=64M', `--temporary-directory=${scratch}`],
      env: { LC_ALL: 'C' },
      stdin: Readable.from(oneAfterAnother(sources)),
      stdout: 'stream',
      signal,
    });
    for await (const piece of stdout as AsyncIterable<Buffer>) hash.update(piece);
    return hash.digest('hex');
  });
}

async function* oneAfterAnother(sources: readonly (() => Readable)[]): AsyncGenerator<Buffer | string> {
  for (const open of sources) yield* open() as AsyncIterable<Buffer>;
}
