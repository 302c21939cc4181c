import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { OperationError } from '../../base/operation-error.ts';
import type { Proof } from '../../codec/prove-copy.ts';
import { proveFile } from '../../codec/prove-file.ts';
import type { Codec } from '../../manifest/manifest.ts';
import type { CaptureSink } from '../engine.ts';
import { digestPages } from './large-object-pages.ts';

export interface ProvenDumpFile extends Proof {
  readonly file: string;
  readonly codec: Codec;
  readonly kind: 'dump-toc' | 'table-data' | 'large-object' | 'large-object-toc';
  /** Dump id of a table's data, OID of a large object; undefined for tables of contents. */
  readonly number: string | undefined;
  /** Of a large object, as `digestPages` gives it. */
  readonly pages: string | null;
}

export interface DumpFiles {
  /** Proves and hands over what pg_dump has finished: one table's data, or a batch of large objects. */
  finished(item: string): void;
  /** Everything that is left; waits until all is handed over. Throws the first failure. */
  rest(): Promise<readonly ProvenDumpFile[]>;
  /** Resolves once nothing touches scratch any more, whatever became of it. */
  idle(): Promise<void>;
  /** Bytes of finished files that are still in scratch. */
  waitingBytes(): number;
  /** Bytes so far of files that are not finished. Of thousands (large objects) nobody counts them. */
  growingBytes(): number;
}

export interface DumpFilesOptions {
  readonly directory: string;
  readonly sink: CaptureSink;
  readonly signal: AbortSignal;
  /** Called after each file; `waiting` is what `waitingBytes` gives. */
  proven(file: ProvenDumpFile): void;
  failed(error: unknown): void;
}

/** How a directory archive names its files (pg_backup_directory.c); `blobs_<item>.toc` from 17 on, `blobs.toc` before. */
const names = [
  { kind: 'table-data', pattern: /^(\d+)\.dat(\.gz|\.zst)?$/ },
  { kind: 'large-object', pattern: /^blob_(\d+)\.dat(\.gz|\.zst)?$/ },
  { kind: 'large-object-toc', pattern: /^blobs(?:_\d+)?\.toc$/ },
  { kind: 'dump-toc', pattern: /^toc\.dat$/ },
] as const;

/** To look at this many once a second costs nothing. */
const countedFiles = 1_000;

/** Takes the files of a directory archive out of scratch as they are finished, each decoded to its end and hashed first. */
export function dumpFiles(options: DumpFilesOptions): DumpFiles {
  const queue = new PQueue({ concurrency: 2 });
  const done = new Map<string, ProvenDumpFile>();
  const claimed = new Set<string>();
  let waiting = 0;
  let failure: { readonly error: unknown } | undefined;

  const enqueue = (file: string, early: boolean): void => {
    if (claimed.has(file)) return;
    claimed.add(file);
    const bytes = statSync(join(options.directory, file)).size;
    waiting += bytes;
    void queue.add(async () => {
      try {
        if (failure === undefined && !options.signal.aborted) await handOver(file);
      } catch (error) {
        // A table's name may forge pg_dump's line: a file that is not whole yet gets its second look at the end.
        if (early && error instanceof OperationError && error.code === 'dump/truncated') claimed.delete(file);
        else {
          failure ??= { error };
          options.failed(error);
        }
      } finally {
        waiting -= bytes;
      }
    });
  };
  const handOver = async (file: string): Promise<void> => {
    const path = join(options.directory, file);
    const shape = { ...shapeOf(file) };
    // With zstd, pg_dump begins no frame before the first byte: an empty large object is an empty file. Its length is checked
    // later.
    if (shape.kind === 'large-object' && statSync(path).size === 0) shape.codec = 'none';
    const proof = await proveFile(path, {
      codec: shape.codec,
      as: shape.kind === 'table-data' ? 'copy-text' : 'opaque',
      signal: options.signal,
    });
    const pages = shape.kind === 'large-object' ? await digestPages(path, shape.codec) : null;
    await options.sink.file({
      file,
      path,
      storedBytes: proof.storedBytes,
      storedSha256: proof.storedSha256,
      codec: shape.codec,
    });
    const proven = { ...proof, ...shape, file, pages };
    done.set(file, proven);
    options.proven(proven);
  };
  return {
    finished(item) {
      for (const file of filesOf(options.directory, item)) enqueue(file, true);
    },
    async rest() {
      await queue.onIdle();
      for (const file of await readdir(options.directory)) enqueue(file, false);
      await queue.onIdle();
      if (failure !== undefined) throw failure.error;
      return [...done.values()];
    },
    idle: () => queue.onIdle(),
    waitingBytes: () => waiting,
    growingBytes() {
      const names = existsSync(options.directory) ? readdirSync(options.directory) : [];
      if (names.length > countedFiles) return 0;
      return names
        .filter((name) => !claimed.has(name))
        .reduce(
          (sum, name) => sum + (statSync(join(options.directory, name), { throwIfNoEntry: false })?.size ?? 0),
          0,
        );
    },
  };
}

/** What one item of the archive wrote, by the names on disk. Nothing where it is not there. */
function filesOf(directory: string, item: string): readonly string[] {
  const onDisk = (name: string): string | undefined =>
    ['', '.gz', '.zst'].map((suffix) => name + suffix).find((file) => existsSync(join(directory, file)));
  const data = onDisk(`${item}.dat`);
  if (data !== undefined) return [data];
  const toc = join(directory, `blobs_${item}.toc`);
  if (!existsSync(toc)) return [];
  const names = readFileSync(toc, 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  return names.filter((name) => /^blob_\d+\.dat$/.test(name)).flatMap((name) => onDisk(name) ?? []);
}

function shapeOf(file: string): Pick<ProvenDumpFile, 'kind' | 'number' | 'codec'> {
  for (const { kind, pattern } of names) {
    const match = pattern.exec(file);
    if (match !== null)
      return { kind, number: match[1], codec: match[2] === '.gz' ? 'gzip' : match[2] === '.zst' ? 'zstd' : 'none' };
  }
  throw new OperationError('dump/failed', `the dump holds a file of an unknown kind: ${JSON.stringify(file)}`);
}
