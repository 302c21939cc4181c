import { closeSync, constants, fstatSync, open, read } from 'node:fs';
import { promisify } from 'node:util';
import { OperationError } from '../../base/operation-error.ts';
import { unreadable } from './storage-error.ts';

const openFile = promisify(open);
const readInto = promisify(read);

/**
 * A whole file of at most `limit` bytes. Only what may wait for the storage, opening and reading, goes through the thread
 * pool: sixty thousand manifests take a third of the time that they take with file handles.
 */
export async function readSmallFile(path: string, key: string, limit: number): Promise<Buffer> {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
  const file = await openFile(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw unreadable(key);
    if (found.size > limit)
      throw new OperationError('repository/object-corrupt', `${key} is larger than ${limit} bytes`);
    const bytes = Buffer.allocUnsafeSlow(found.size);
    for (let at = 0; at < found.size;) {
      const { bytesRead } = await readInto(file, bytes, at, found.size - at, at);
      if (bytesRead === 0) return bytes.subarray(0, at);
      at += bytesRead;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}
