import { constants } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { OperationError } from '../../base/operation-error.ts';
import { chunksOf } from '../../codec/file-chunks.ts';
import type { Repository, StoredObject } from '../repository.ts';
import { publish, readBack } from './publish.ts';
import { isErrno } from './storage-error.ts';
import type { Tree } from './tree.ts';

interface Adoption {
  readonly key: string;
  readonly path: string;
  readonly sha256: string;
  readonly put: Repository['put'];
}

/**
 * Makes a file that the dump left in the scratch space an object, without a copy where both lie on one file system. Throws
 * `repository/object-corrupt` where its bytes are not those that were proven.
 */
export async function adopt(tree: Tree, { key, path, sha256, put }: Adoption): Promise<StoredObject> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  await file.chmod(0o600);
  await file.sync();
  const stored = await readBack(file);
  if (stored.sha256 !== sha256)
    throw new OperationError('repository/object-corrupt', `${key} differs from what was proven before it was stored`);
  const final = await tree.locateForWriting(key);
  try {
    await publish(path, final);
    return stored;
  } catch (error) {
    if (!isErrno(error, 'EXDEV')) throw error;
  }
  const copied = await put(key, chunksOf(file));
  if (copied.sha256 !== sha256)
    throw new OperationError('repository/object-corrupt', `${key} differs from what was proven before it was stored`);
  await unlink(path);
  return copied;
}
