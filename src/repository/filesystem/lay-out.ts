import { constants } from 'node:fs';
import { copyFile, link } from 'node:fs/promises';
import { isErrno } from './storage-error.ts';

/**
 * Lays an object out as a file of its own that shares its blocks with the object (a reflink: Btrfs, XFS, ZFS) where the file
 * system can do that; else as a hard link, else as a copy. A hard link is the object itself under another name: who gets it
 * must only read it. docs/decisions/0009 says why it is taken all the same.
 */
export async function layOut(source: string, path: string): Promise<void> {
  try {
    return await copyFile(source, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  } catch {
    // What is really wrong (no such object, no space) shows in the next attempt as well.
  }
  try {
    await link(source, path);
  } catch (error) {
    if (!isErrno(error, 'EXDEV', 'EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
    await copyFile(source, path, constants.COPYFILE_EXCL);
  }
}
