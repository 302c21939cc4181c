import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../../base/operation-error.ts';
import type { ContentEntry } from '../../manifest/manifest.ts';
import type { DumpPolicy } from '../../spec/desired.ts';
import { startCommand } from '../../system/run.ts';
import type { CaptureEvents, CaptureSink } from '../engine.ts';
import type { ServerAccess } from '../server-access.ts';
import type { DumpedLargeObject } from './check-large-objects.ts';
import { dumpFiles, type ProvenDumpFile } from './dump-files.ts';
import { readDumpToc, type DumpToc } from './dump-toc.ts';
import { dumpVerdict } from './dump-verdict.ts';
import { libpqEnvironment } from './libpq-environment.ts';
import { newerSettings } from './session-settings.ts';
import type { DumpableTable } from './tables.ts';

export interface DumpTask {
  readonly server: ServerAccess;
  readonly database: string;
  readonly major: number;
  /** The database's, by the server's name for it. */
  readonly encoding: string;
  /** Exported by a transaction that stays open. */
  readonly snapshot: string;
  readonly programs: { readonly dump: string; readonly restore: string };
  readonly policy: DumpPolicy;
  readonly tables: readonly DumpableTable[];
  readonly largeObjects: number;
  readonly scratch: string;
  readonly sink: CaptureSink;
  readonly events: CaptureEvents;
  /** Called, perhaps many times, while pg_dump holds its locks; not at all where it dumps no rows. */
  readonly locked: () => void;
  readonly signal: AbortSignal;
}

export type EntryWithoutParts = Omit<ContentEntry, 'parts'>;

export interface Dumped {
  readonly entries: readonly EntryWithoutParts[];
  readonly largeObjects: readonly DumpedLargeObject[];
}

/** From here on, pg_dump is stopped until the sink has caught up, so that scratch does not grow with the database. */
const waitingLimitBytes = 2 * 1024 ** 3;

/**
 * Runs pg_dump on the snapshot and hands every file to the sink once it is proven. Returns only when pg_dump exited 0
 * without a doubtful warning, every file decoded to its end, and files, table of contents and catalog name the same tables.
 * A listing or an exit code alone proves neither: a truncated data file passes both.
 */
export async function dumpDatabase(task: DumpTask): Promise<Dumped> {
  const directory = join(task.scratch, 'dump');
  const home = join(task.scratch, 'client');
  await mkdir(home, { recursive: true, mode: 0o700 });
  const failed = new AbortController();
  const signal = AbortSignal.any([task.signal, failed.signal]);
  const verdict = dumpVerdict(task);
  const total = { plainBytes: 0, storedBytes: 0 };
  let holding = false;
  let kill: ((signal: NodeJS.Signals) => void) | undefined;
  const pace = (): void => {
    const shouldHold = holding
      ? files.waitingBytes() > waitingLimitBytes / 2
      : files.waitingBytes() > waitingLimitBytes;
    if (shouldHold !== holding) kill?.(shouldHold ? 'SIGSTOP' : 'SIGCONT');
    holding = shouldHold;
  };
  const files = dumpFiles({
    directory,
    sink: task.sink,
    signal,
    proven(file) {
      total.plainBytes += file.plainBytes;
      total.storedBytes += file.storedBytes;
      pace();
    },
    failed: (error) =>
      failed.abort(
        error instanceof OperationError
          ? error
          : new OperationError('dump/failed', 'a file of the dump could not be handed over', { cause: error }),
      ),
  });
  const tell = (): void => {
    const { plainBytes, storedBytes } = total;
    task.events.progress({ plainBytes, storedBytes: storedBytes + files.waitingBytes() + files.growingBytes() });
  };
  const telling = setInterval(tell, 1_000);
  try {
    const connection = await libpqEnvironment(task.server, task.database, home);
    const pgDump = startCommand({
      program: task.programs.dump,
      args: dumpArguments(task, directory),
      env: {
        ...connection,
        PGOPTIONS: `${connection['PGOPTIONS'] ?? ''}${newerSettings(task.major)}`,
        PGAPPNAME: 'holdfast pg_dump',
        // Not converted: what is no text of its encoding (any byte in SQL_ASCII, 0x81 in WIN1252) has no form in another one.
        PGCLIENTENCODING: task.encoding,
      },
      signal,
      onStderrLine(line) {
        const item = /^pg_dump: finished item (\d+) /.exec(line)?.[1];
        if (item !== undefined || line.startsWith('pg_dump: dumping contents of table ')) task.locked();
        if (item === undefined) verdict.line(line);
        else {
          files.finished(item);
          pace();
        }
      },
    });
    kill = (which) => pgDump.kill(which);
    await pgDump.done.catch((error: unknown) => {
      throw verdict.failure(error);
    });
    kill = undefined;
    verdict.checkWarnings();
    // Before the rest: the sink takes toc.dat away.
    const toc = await readDumpToc(task.programs.restore, directory, signal);
    const proven = await files.rest();
    tell();
    return { entries: entriesOf(proven, toc, task), largeObjects: largeObjectsOf(proven) };
  } finally {
    clearInterval(telling);
    await files.idle();
  }
}

function dumpArguments({ policy, snapshot, major, encoding }: DumpTask, directory: string): readonly string[] {
  const patterns = [...policy.excludeTables, ...policy.excludeTableData];
  // pg_dump takes its arguments, which are UTF-8, for text of that encoding: it would leave out something else, or nothing.
  const unfit = patterns.find((pattern) => /[^\p{ASCII}]/u.test(pattern));
  if (unfit !== undefined && encoding !== 'UTF8' && encoding !== 'SQL_ASCII') {
    throw new OperationError('dump/failed', `the pattern ${unfit} cannot be given to pg_dump for ${encoding}`, {
      hint: 'Write ? for each of its characters that is not ASCII, outside of double quotes.',
    });
  }
  return [
    '--format=directory',
    `--jobs=${policy.jobs}`,
    `--file=${directory}`,
    `--snapshot=${snapshot}`,
    `--lock-wait-timeout=${policy.lockWait}`,
    `--compress=${compressionArgument(policy.compression, major)}`,
    '--verbose',
    '--no-password',
    // The sink makes its own copies durable, and pg_dump would look for files that are gone by then.
    '--no-sync',
    ...policy.excludeTables.map((pattern) => `--exclude-table=${pattern}`),
    ...policy.excludeTableData.map((pattern) => `--exclude-table-data=${pattern}`),
  ];
}

/** pg_dump 15 knows only gzip, by its level; from 16 on it takes `method:level` (release notes of 16). */
export function compressionArgument(compression: DumpPolicy['compression'], major: number): string {
  const wanted =
    compression === 'auto'
      ? major >= 16
        ? { codec: 'zstd' as const, level: 3 }
        : { codec: 'gzip' as const, level: 1 }
      : compression;
  if (wanted.codec === 'none') return major >= 16 ? 'none' : '0';
  if (major >= 16) return `${wanted.codec}:${wanted.level}`;
  if (wanted.codec === 'zstd') {
    throw new OperationError('dump/failed', `pg_dump ${major} cannot compress with zstd`, {
      hint: 'Use compression: auto, or gzip.',
    });
  }
  return String(wanted.level);
}

function largeObjectsOf(files: readonly ProvenDumpFile[]): readonly DumpedLargeObject[] {
  return files
    .filter(({ kind }) => kind === 'large-object')
    .map(({ number, plainBytes, pages }) => ({ oid: number ?? '', bytes: plainBytes, pages }));
}

/** Joins files, table of contents and catalog; each must know everything that the others do. */
function entriesOf(files: readonly ProvenDumpFile[], toc: DumpToc, task: DumpTask): readonly EntryWithoutParts[] {
  const tables = new Map(task.tables.map((table) => [table.oid, table]));
  const missing = (what: string): OperationError => new OperationError('dump/entry-missing', what);
  const dataFiles = new Set(files.filter(({ kind }) => kind === 'table-data').map(({ number }) => number));
  for (const [item, oid] of toc.tables)
    if (!dataFiles.has(item)) throw missing(`the dump has no data file for ${tables.get(oid)?.name ?? `item ${item}`}`);
  const dumped = new Set(toc.tables.values());
  for (const { oid, name, excluded } of task.tables)
    if (excluded === 'no' && !dumped.has(oid)) throw missing(`the archive lacks the rows of ${name}`);
  const blobs = files.filter(({ kind }) => kind === 'large-object').length;
  if (blobs !== task.largeObjects)
    throw missing(`the dump holds ${blobs} large objects, the snapshot ${task.largeObjects}`);
  if (blobs > 0 && toc.largeObjectEntries === 0)
    throw missing('the archive’s table of contents lacks its large objects');
  if (!files.some(({ kind }) => kind === 'dump-toc')) throw missing('the dump has no table of contents');
  return files.map((file) => {
    const oid = file.kind === 'table-data' ? toc.tables.get(file.number ?? '') : undefined;
    const table = oid === undefined ? undefined : tables.get(oid);
    if (file.kind === 'table-data' && table === undefined)
      throw missing(`the data file ${file.file} belongs to no table of the snapshot`);
    return {
      kind: file.kind,
      subject: table?.name ?? file.number ?? file.file,
      file: file.file,
      rows: file.rows,
      columns: table?.columns ?? null,
      plainBytes: file.plainBytes,
      digest: file.digest,
    };
  });
}
