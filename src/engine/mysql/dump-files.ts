import PQueue from 'p-queue';
import { OperationError } from '../../base/operation-error.ts';
import type { Proof } from '../../codec/prove-copy.ts';
import { proveFile } from '../../codec/prove-file.ts';
import type { ContentEntry } from '../../manifest/manifest.ts';
import type { CaptureSink } from '../engine.ts';
import type { CompressedFile } from './compressed-file.ts';

export type EntryWithoutParts = Omit<ContentEntry, 'parts'>;

export interface DumpFiles {
  /** A file that is written from now on. */
  begun(file: CompressedFile): void;
  /** Bytes so far of the files that were begun and are not handed over. */
  writtenBytes(): number;
  /** Takes a file whose last byte was written. Resolves when the next one may be begun: what waits in scratch stays little. */
  finish(
    file: CompressedFile,
    what: { readonly kind: 'dump-section' | 'table-data'; readonly subject: string },
  ): Promise<void>;
  /** Waits until all is handed over. Throws the first failure. */
  rest(): Promise<readonly EntryWithoutParts[]>;
  /** Resolves once nothing touches scratch any more, whatever became of it. */
  idle(): Promise<void>;
}

export interface DumpFilesOptions {
  readonly sink: CaptureSink;
  readonly signal: AbortSignal;
  proven(proof: Proof): void;
  failed(error: OperationError): void;
}

/** Files that may wait for their proof. */
const waitingLimit = 8;

/** Decodes every file of a dump to its end and hands it to the sink: two at a time, beside the dump itself. */
export function dumpFiles(options: DumpFilesOptions): DumpFiles {
  const queue = new PQueue({ concurrency: 2 });
  const entries: EntryWithoutParts[] = [];
  const inWork = new Set<CompressedFile>();
  let failure: { readonly error: unknown } | undefined;
  const handOver = async (
    file: CompressedFile,
    { kind, subject }: Pick<EntryWithoutParts, 'kind' | 'subject'>,
  ): Promise<void> => {
    await file.end();
    const proof = await proveFile(file.path, {
      codec: file.codec,
      as: kind === 'table-data' ? 'insert-text' : 'opaque',
      signal: options.signal,
    });
    const { storedBytes, storedSha256, plainBytes, digest, rows } = proof;
    await options.sink.file({ file: file.file, path: file.path, storedBytes, storedSha256, codec: file.codec });
    entries.push({ kind, subject, file: file.file, rows, columns: null, plainBytes, digest });
    inWork.delete(file);
    options.proven(proof);
  };
  return {
    begun: (file) => void inWork.add(file),
    writtenBytes: () => [...inWork].reduce((sum, file) => sum + file.storedBytes(), 0),
    async finish(file, what) {
      void queue.add(async () => {
        try {
          if (failure === undefined && !options.signal.aborted) await handOver(file, what);
        } catch (error) {
          failure ??= { error };
          options.failed(
            error instanceof OperationError
              ? error
              : new OperationError('dump/failed', 'a file of the dump could not be handed over', { cause: error }),
          );
        }
      });
      await queue.onSizeLessThan(waitingLimit);
    },
    async rest() {
      await queue.onIdle();
      if (failure !== undefined) throw failure.error;
      return entries.toSorted((a, b) => (a.file < b.file ? -1 : 1));
    },
    idle: () => queue.onIdle(),
  };
}
