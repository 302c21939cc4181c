import type { Readable } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { insertText } from '../../codec/insert-text.ts';
import type { ContentEntry } from '../../manifest/manifest.ts';
import { openScratch } from '../../system/scratch.ts';
import type { DataCheck, Engine } from '../engine.ts';
import { findClient } from './clients.ts';
import { compareWithoutOrder } from './compare-rows.ts';
import { startDump } from './dump-process.ts';
import { splitDump } from './dump-split.ts';
import type { Flavour } from './flavour.ts';
import { openSession } from './session.ts';
import { stopped } from '../stopped.ts';

/**
 * The contract is `Engine.compareData`. One check per table with data in the backup: the restored tables are dumped again as
 * the source's were, and what is printed of each is read on the way and kept nowhere. The same rows in the same order have
 * the same INSERT statements; where they differ, the rows are compared as a set.
 */
export function compareData(flavour: Flavour): Engine['compareData'] {
  return async (target, database, contents, options) => {
    // One dump that fails ends the others, which use the same scratch directory.
    const ending = new AbortController();
    const signal = AbortSignal.any([options.signal, ending.signal]);
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
    const shares = shared(there, options.jobs).map((some) => readShare(some, read, hashed));
    for (const share of shares) share.catch((error: unknown) => ending.abort(error));
    await Promise.allSettled(shares);
    if (options.signal.aborted) throw stopped(options.signal);
    if (ending.signal.aborted) throw ending.signal.reason;
    const checks = entries.map((entry) => checkOf(entry, hashed.get(entry.subject)));
    return await compareWithoutOrder(checks, { entries, options, read: (entry, into) => read([entry], [into]) });
  };
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
