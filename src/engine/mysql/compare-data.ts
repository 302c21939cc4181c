import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { insertText } from '../../codec/insert-text.ts';
import type { Codec, ContentEntry, Contents } from '../../manifest/manifest.ts';
import { openScratch } from '../../system/scratch.ts';
import type { CleanServer, OpenServer } from '../clean-server.ts';
import type { CompareOptions, DataCheck } from '../engine.ts';
import { findClient } from './clients.ts';
import { startDump } from './dump-process.ts';
import { splitDump } from './dump-split.ts';
import type { Flavour } from './flavour.ts';
import { rowSums, type RowSums } from './row-sums.ts';
import { openSession } from './session.ts';

/**
 * The contract is `Engine.compareData`. One check per table with data in the backup: the restored tables are dumped again as
 * the source's were, and what is printed of each is read on the way and kept nowhere. The same rows in the same order have
 * the same INSERT statements; where they differ, the rows are compared as a set.
 */
export async function compareData(
  target: CleanServer | OpenServer,
  flavour: Flavour,
  { database, contents, options }: CompareRequest,
): Promise<readonly DataCheck[]> {
  const { signal } = options;
  const entries = contents.entries.filter(({ kind }) => kind === 'table-data');
  await using session = await openSession(target, flavour, { signal });
  const rows = await session.query<{ name: string }>(
    "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')",
    [database],
  );
  const restored = new Set(rows.map(({ name }) => name));
  const there = entries.filter((entry) => restored.has(tableOf(entry)));
  const { path: program } = await findClient(flavour, 'dump', {
    versionNumber: session.versionNumber,
    folder: target.clients,
  });
  await using scratch = await openScratch('compare');
  const read: Read = async (some, readers) => {
    const running = await startDump(target, flavour, {
      program,
      database,
      objects: some.map(tableOf),
      arguments: ['--skip-triggers'],
      directory: scratch.path,
      marker: `holdfast-${randomUUID()}`,
      gate: undefined,
      signal,
    });
    await readTables(running.stdout, some, readers);
    await running.done;
  };
  const hashed = new Map<string, Hashed>();
  await Promise.all(shared(there, options.jobs).map((some) => readShare(some, read, hashed)));
  const checks = entries.map((entry) => checkOf(entry, hashed.get(entry.subject)));
  return await compareWithoutOrder(checks, { entries, read, options });
}

export interface CompareRequest {
  readonly database: string;
  readonly contents: Contents;
  readonly options: CompareOptions;
}

interface Hashed {
  readonly rows: number;
  readonly digest: string;
}

interface Reader {
  take(chunk: Uint8Array): void;
}

/** Dumps these tables, in this order, into a reader each. */
type Read = (entries: readonly ContentEntry[], readers: readonly Reader[]) => Promise<void>;

/** Subjects are quoted names. */
const tableOf = ({ subject }: ContentEntry): string => subject.slice(1, -1).replaceAll('``', '`');

/** Tables in as many shares of about the same size; an empty list of tables would mean the whole database to the program. */
function shared(entries: readonly ContentEntry[], jobs: number): readonly (readonly ContentEntry[])[] {
  const shares = Array.from({ length: Math.min(Math.max(1, jobs), entries.length) }, () => ({
    bytes: 0,
    entries: [] as ContentEntry[],
  }));
  for (const entry of entries.toSorted((a, b) => b.plainBytes - a.plainBytes)) {
    const least = shares.reduce((best, share) => (share.bytes < best.bytes ? share : best));
    least.entries.push(entry);
    least.bytes += entry.plainBytes;
  }
  return shares.map((share) => share.entries);
}

async function readShare(entries: readonly ContentEntry[], read: Read, hashed: Map<string, Hashed>): Promise<void> {
  const readers = entries.map(() => insertText());
  await read(entries, readers);
  for (const [index, { subject }] of entries.entries()) {
    const { rows, digest } = (readers[index] as ReturnType<typeof insertText>).finish();
    hashed.set(subject, { rows, digest });
  }
}

async function readTables(
  stdout: Readable,
  entries: readonly ContentEntry[],
  readers: readonly Reader[],
): Promise<void> {
  const splitter = splitDump(entries.map(tableOf));
  const take = (pieces: ReturnType<typeof splitter.finish>): void => {
    for (const { part, bytes } of pieces) if (part.kind === 'table') readers[part.index]?.take(bytes);
  };
  for await (const chunk of stdout as AsyncIterable<Buffer>) take(splitter.push(chunk));
  take(splitter.finish());
}

function checkOf(entry: ContentEntry, hashed: Hashed | undefined): DataCheck {
  const base = { subject: entry.subject, expectedRows: entry.rows, method: 'dump-digest' as const };
  if (hashed === undefined) return { ...base, actualRows: null, equal: false, detail: 'the table is not there' };
  const equal = hashed.digest === entry.digest && hashed.rows === entry.rows;
  const differs = hashed.rows === entry.rows ? 'as many rows, but other content' : 'another number of rows';
  return { ...base, actualRows: hashed.rows, equal, detail: equal ? undefined : differs };
}

/**
 * A second look at what differs but has as many rows as it had. Only a table with a primary or unique key is dumped in its
 * order; and no server reads a dump's -0 as a negative zero (measured on MySQL 9.7 and MariaDB 11.8).
 */
async function compareWithoutOrder(
  checks: readonly DataCheck[],
  {
    entries,
    read,
    options,
  }: { readonly entries: readonly ContentEntry[]; readonly read: Read; readonly options: CompareOptions },
): Promise<readonly DataCheck[]> {
  const judged: DataCheck[] = [];
  for (const [index, check] of checks.entries()) {
    const entry = entries[index];
    if (check.equal || entry === undefined || check.actualRows !== check.expectedRows) {
      judged.push(check);
      continue;
    }
    const actual = rowSums();
    await read([entry], [actual]);
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
async function storedSums(entry: ContentEntry, { dumpDirectory, signal }: CompareOptions): Promise<RowSums> {
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
