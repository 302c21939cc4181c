import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../../base/operation-error.ts';
import { release } from '../../codec/release.ts';
import type { DumpPolicy } from '../../spec/desired.ts';
import type { CaptureEvents, CaptureSink } from '../engine.ts';
import { compressedFile, compressionOf, type CompressedFile } from './compressed-file.ts';
import { dumpFiles, type DumpFiles, type EntryWithoutParts } from './dump-files.ts';
import { splitDump, type DumpPart } from './dump-split.ts';
import type { DumpTable } from './dump-tables.ts';
import type { DumpShare } from './prepare.ts';

export interface DumpTask {
  /** In their snapshot already, or told later: those of `structure` need none. */
  readonly shares: readonly DumpShare[];
  /** Starts the dump of the tables whose rows are left out; undefined where there are none. */
  readonly structure: (() => Promise<DumpShare>) | undefined;
  /** All tables, in the order in which their files are numbered. */
  readonly tables: readonly DumpTable[];
  readonly policy: DumpPolicy;
  readonly scratch: string;
  readonly sink: CaptureSink;
  readonly events: CaptureEvents;
  readonly signal: AbortSignal;
}

export interface Dumped {
  readonly entries: readonly EntryWithoutParts[];
  readonly bodies: Bodies;
}

/** How many bodies of code a dump holds. */
export interface Bodies {
  /** Triggers, by table. */
  readonly ofTables: ReadonlyMap<string, number>;
  /** Routines and events. */
  readonly others: number;
}

/**
 * Reads what the dump programs print, cuts it into one file per table, compresses and proves each and hands it to the sink.
 * Returns only when every program exited 0 without a warning, with its end mark, and with each of its tables exactly once.
 */
export async function dumpDatabase(task: DumpTask): Promise<Dumped> {
  const directory = join(task.scratch, 'dump');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const failed = new AbortController();
  const signal = AbortSignal.any([task.signal, failed.signal]);
  const total = { plainBytes: 0, storedBytes: 0 };
  const files = dumpFiles({
    sink: task.sink,
    signal,
    proven(proof) {
      total.plainBytes += proof.plainBytes;
      total.storedBytes += proof.storedBytes;
    },
    failed: (error) => failed.abort(error),
  });
  const tell = (): void => {
    const { plainBytes, storedBytes } = total;
    task.events.progress({ plainBytes, storedBytes: storedBytes + files.writtenBytes() });
  };
  const telling = setInterval(tell, 1_000);
  const shares = [...task.shares];
  const stop = (): void => {
    for (const { process } of shares) process.end(reasonOf(signal));
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const names = numbering(task);
    const context = { directory, files, policy: task.policy, names };
    const bodies = await allOrNone(
      task.shares.map((share, index) => () => readShare(share, { ...context, whole: index === 0 })),
      failed,
    );
    if (task.structure !== undefined) {
      const share = await task.structure();
      shares.push(share);
      if (signal.aborted) stop();
      bodies.push(...(await allOrNone([() => readShare(share, { ...context, whole: false })], failed)));
    }
    const entries = await files.rest();
    signal.throwIfAborted();
    tell();
    return { entries, bodies: sumOf(bodies) };
  } catch (error) {
    throw signal.aborted ? reasonOf(signal) : error;
  } finally {
    clearInterval(telling);
    signal.removeEventListener('abort', stop);
    stop();
    await Promise.allSettled(shares.map(({ process }) => process.done));
    await files.idle();
  }
}

const reasonOf = (signal: AbortSignal): OperationError => {
  const reason: unknown = signal.reason;
  return reason instanceof OperationError
    ? reason
    : new OperationError('run/interrupted', 'the dump was stopped', { cause: reason });
};

/** Runs all of it at once; the first failure ends the rest, and is thrown once they have ended. */
async function allOrNone<T>(work: readonly (() => Promise<T>)[], failed: AbortController): Promise<T[]> {
  const running = work.map((each) =>
    each().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  const results: T[] = [];
  for (const result of await Promise.allSettled(running)) {
    if (result.status === 'rejected') throw failed.signal.reason;
    results.push(result.value);
  }
  return results;
}

const sumOf = (all: readonly Bodies[]): Bodies => ({
  ofTables: new Map(all.flatMap(({ ofTables }) => [...ofTables])),
  others: all.reduce((sum, { others }) => sum + others, 0),
});

interface Numbering {
  readonly settings: string;
  readonly before: string;
  readonly table: ReadonlyMap<string, string>;
  readonly after: string;
}

/** Names sort in the order in which the files are to be replayed, whichever program wrote them. */
function numbering({ tables }: DumpTask): Numbering {
  const name = (number: number): string => `${String(number).padStart(6, '0')}.sql`;
  const inOrder = [
    ...tables.filter(({ excluded }) => excluded === 'no'),
    ...tables.filter(({ excluded }) => excluded === 'data'),
  ];
  return {
    settings: name(0),
    before: name(1),
    table: new Map(inOrder.map(({ table }, index) => [table, name(index + 2)])),
    after: name(inOrder.length + 2),
  };
}

interface ShareContext {
  readonly directory: string;
  readonly files: DumpFiles;
  readonly policy: DumpPolicy;
  readonly names: Numbering;
  /** Whether all of it is kept, and not only its tables. */
  readonly whole: boolean;
}

async function readShare({ process, tables }: DumpShare, context: ShareContext): Promise<Bodies> {
  const splitter = splitDump(tables.map(({ table }) => table));
  const compression = compressionOf(context.policy.compression);
  let open: { readonly part: DumpPart; readonly file: CompressedFile | undefined } | undefined;
  // Small, and of its first lines one is about this run and not about the database.
  const settings: Buffer[] = [];
  const ofTables = new Map<string, number>();
  let others = 0;
  let writes: Promise<void>[] = [];

  const close = async (): Promise<void> => {
    if (open === undefined) return;
    const { part, file } = open;
    open = undefined;
    const count = splitter.bodies(part);
    if (part.kind === 'table') ofTables.set(tables[part.index]?.table ?? '', count);
    else others += count;
    if (file === undefined) return;
    if (part.kind === 'settings')
      await file.write(Buffer.from(withoutHost(Buffer.concat(settings).toString('latin1')), 'latin1'));
    await context.files.finish(file, entryOf(part, tables));
  };
  const take = async (part: DumpPart, bytes: Buffer): Promise<void> => {
    if (open?.part !== part) {
      await close();
      const name = fileName(part, tables, context);
      open = { part, file: name === undefined ? undefined : compressedFile(context.directory, name, compression) };
      if (open.file !== undefined) context.files.begun(open.file);
    }
    if (part.kind === 'settings') settings.push(Buffer.from(bytes));
    else if (open.file !== undefined) writes.push(open.file.write(bytes));
  };
  try {
    let before: Promise<unknown> = Promise.resolve();
    for await (const chunk of inLargePieces(process.stdout)) {
      writes = [];
      for (const { part, bytes } of splitter.push(chunk)) await take(part, bytes);
      const current = Promise.all(writes);
      current.catch(() => undefined);
      // The memory of the piece before is used for the next one.
      await before;
      before = current;
    }
    await before;
    await process.done;
    for (const { part, bytes } of splitter.finish()) await take(part, bytes);
    await close();
    return { ofTables, others };
  } catch (error) {
    open?.file?.discard();
    // The program's own words say more than that its output broke off.
    if (error instanceof OperationError && error.code === 'process/failed') await process.done;
    throw error;
  }
}

/**
 * The programs write 4 KiB at a time, and each piece costs a hop to another thread to compress. A piece is valid until the
 * next but one is asked for: two buffers take turns, because new ones would keep the collector busy.
 */
async function* inLargePieces(stream: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  let [buffer, other] = [Buffer.allocUnsafeSlow(pieceBytes), Buffer.allocUnsafeSlow(pieceBytes)];
  let filled = 0;
  for await (const each of stream) {
    const chunk = each as Buffer;
    for (let at = 0; at < chunk.byteLength;) {
      const copied = chunk.copy(buffer, filled, at);
      at += copied;
      filled += copied;
      if (filled < pieceBytes) continue;
      yield buffer;
      [buffer, other] = [other, buffer];
      filled = 0;
    }
    release(chunk);
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}

const pieceBytes = 256 * 1024;

const withoutHost = (text: string): string => text.replace(/^-- Host: .*\n/m, '');

function fileName(part: DumpPart, tables: readonly DumpTable[], { names, whole }: ShareContext): string | undefined {
  if (part.kind === 'table') return names.table.get(tables[part.index]?.table ?? '');
  return whole ? names[part.kind] : undefined;
}

function entryOf(
  part: DumpPart,
  tables: readonly DumpTable[],
): { readonly kind: 'dump-section' | 'table-data'; readonly subject: string } {
  if (part.kind !== 'table') return { kind: 'dump-section', subject: sections[part.kind] };
  const table = tables[part.index];
  return { kind: table?.excluded === 'data' ? 'dump-section' : 'table-data', subject: table?.name ?? '' };
}

const sections: Readonly<Record<'settings' | 'before' | 'after', string>> = {
  settings: 'session settings',
  before: 'sequences and routines',
  after: 'events and routines',
};
