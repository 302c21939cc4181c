import { join } from 'node:path';
import { InternalError, OperationError } from '../base/operation-error.ts';
import { decompress } from '../codec/zstd.ts';
import type { ArtefactSource } from '../engine/engine.ts';
import { textKinds, type Contents } from '../manifest/manifest.ts';
import { backupReader } from '../repository/backup-reader.ts';
import type { Repository } from '../repository/repository.ts';
import { openScratch } from '../system/scratch.ts';

/** Generated SQL is small: a cap against an object that claims otherwise (a decompression bomb). */
const textLimitBytes = 256 * 1024 * 1024;
const texts: ReadonlySet<string> = new Set(textKinds);

/**
 * The artefacts of one stored backup for `Engine.restore`. The dump is laid out once, in scratch space that goes with the
 * disposal.
 */
export async function artefactSource(
  repository: Repository,
  contents: Contents,
): Promise<ArtefactSource & AsyncDisposable> {
  const reader = backupReader(repository);
  const scratch = await openScratch('restore');
  let laidOut: Promise<string> | undefined;
  const layOut = async (): Promise<string> => {
    const directory = join(scratch.path, 'dump');
    try {
      await reader.layOut(
        contents.entries.filter((entry) => !texts.has(entry.kind)),
        directory,
      );
    } catch (error) {
      throw isFull(error) ? noRoom(scratch.path, error) : error;
    }
    return directory;
  };
  return {
    async text(kind) {
      const entry = contents.entries.find((candidate) => candidate.kind === kind);
      if (entry === undefined) throw new InternalError(`the backup names no ${kind} artefact`);
      const chunks: Uint8Array[] = [];
      for await (const chunk of reader.readEntry(entry)) chunks.push(chunk);
      return decompress(Buffer.concat(chunks), textLimitBytes).toString('utf8');
    },
    dumpDirectory() {
      laidOut ??= layOut();
      return laidOut;
    },
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}

/** A restore writes nothing into the repository: what is full is where the dump is laid out. */
function isFull(error: unknown): boolean {
  if (error instanceof OperationError) return error.code === 'repository/full';
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

const noRoom = (path: string, cause: unknown): OperationError =>
  new OperationError('process/no-scratch', `no space is left for the files of the backup in ${path}`, {
    hint: 'Free some space there, or set TMPDIR to a directory on a larger disk. One on the file system of the repository needs next to none.',
    cause,
  });
