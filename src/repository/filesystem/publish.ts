import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, rm, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { chunksOf } from '../../codec/file-chunks.ts';
import { hashStream } from '../../codec/hash.ts';
import type { StoredObject } from '../repository.ts';
import { isErrno } from './storage-error.ts';
import { syncDirectory, type Tree } from './tree.ts';

const temporaryPrefix = 'scratch/tmp/';

/**
 * Writes a new file under a temporary name, durably, and reads it back. An error of fsync is final: after it the kernel
 * may have dropped the dirty pages, and another fsync would lie (fsync(2), "EIO").
 */
export async function writeTemporary(
  tree: Tree,
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly path: string; readonly stored: StoredObject }> {
  const path = await tree.locateForWriting(`${temporaryPrefix}${randomBytes(12).toString('hex')}`);
  try {
    const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;
    await using file = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    for await (const chunk of source) await writeAll(file, chunk);
    await file.sync();
    return { path, stored: await readBack(file) };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/**
 * Gives a durable file its final name, all or nothing, never over an existing object, and makes the name durable. The old
 * name is gone afterwards. A name that could not be made durable is taken back: nobody can say what a crash leaves of it, and
 * the caller reports a failure.
 */
export async function publish(temporary: string, final: string): Promise<void> {
  const how = await giveName(temporary, final);
  try {
    if (how === 'linked') await unlink(temporary);
    await syncDirectory(dirname(final));
  } catch (error) {
    await rm(final, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function giveName(temporary: string, final: string): Promise<'linked' | 'renamed'> {
  try {
    await link(temporary, final);
    return 'linked';
  } catch (error) {
    // Some file systems have no hard links (exFAT, some network shares). Names are unique by their random id, so that
    // looking before the rename only has to catch a repeated call.
    if (!isErrno(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
    if ((await lstat(final).catch(() => undefined)) !== undefined)
      throw Object.assign(new Error('exists'), { code: 'EEXIST' });
    await rename(temporary, final);
    return 'renamed';
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength;) at += (await file.write(chunk, at)).bytesWritten;
}

/** Hash and length of what lies on the storage now. */
export async function readBack(file: FileHandle): Promise<StoredObject> {
  return hashStream(chunksOf(file));
}
