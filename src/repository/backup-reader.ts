import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../base/operation-error.ts';
import type { ContentEntry, Part } from '../manifest/manifest.ts';
import type { Repository } from './repository.ts';

export interface BackupReader {
  /**
   * The stored bytes of one entry, its parts in order. Each part is compared with its hash once it has been read: the
   * bytes may be used before, but nothing may be concluded from them until the end is reached without an error.
   * Throws `repository/object-missing`, `repository/object-corrupt`, naming the object.
   */
  readEntry(entry: ContentEntry): AsyncGenerator<Uint8Array>;
  /**
   * Makes `directory` (its parent exists) and lays every entry out in it under its file name, hashes compared. Whole
   * objects may be hard links into the repository: for reading only. Throws like `readEntry`.
   */
  layOut(entries: readonly ContentEntry[], directory: string): Promise<void>;
}

export function backupReader(repository: Repository): BackupReader {
  return {
    readEntry: async function* (entry) {
      for (const part of entry.parts) yield* readPart(repository, part);
    },
    layOut: async (entries, directory) => {
      await mkdir(directory, { mode: 0o700 });
      for (const entry of entries) {
        const path = join(directory, entry.file);
        const [only] = entry.parts;
        if (only !== undefined && entry.parts.length === 1 && isWhole(only)) await fetchPart(repository, only, path);
        else await extract(repository, entry, path);
      }
    },
  };
}

/** The stored bytes of one part, compared with its hash and length at the end. */
export async function* readPart(repository: Repository, part: Part): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  const source = await repository.read(part.object, { offset: part.offset, length: part.length });
  for await (const chunk of source) {
    hash.update(chunk);
    bytes += chunk.byteLength;
    yield chunk;
  }
  if (bytes !== part.length || hash.digest('hex') !== part.storedSha256) throw corrupt(part);
}

/** An object of its own, and not a member of a pack. */
function isWhole(part: Part): boolean {
  return part.offset === 0 && !part.object.endsWith('.tar');
}

async function fetchPart(repository: Repository, part: Part, path: string): Promise<void> {
  const found = await repository.fetch(part.object, path);
  if (found.bytes !== part.length || found.sha256 !== part.storedSha256) throw corrupt(part);
}

async function extract(repository: Repository, entry: ContentEntry, path: string): Promise<void> {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
  await using file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  for (const part of entry.parts) {
    for await (const chunk of readPart(repository, part)) await file.writeFile(chunk);
  }
}

function corrupt(part: Part): OperationError {
  return new OperationError('repository/object-corrupt', `${part.object} differs from what its backup says`, {
    hint: 'The storage changed or damaged it. Verify the other backups and back the database up again.',
  });
}
