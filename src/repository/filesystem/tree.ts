import { constants, lstatSync } from 'node:fs';
import { mkdir, open, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OperationError } from '../../base/operation-error.ts';
import { repositoryMarker } from '../../manifest/keys.ts';
import { keyParts } from '../object-key.ts';
import { readMarker } from './marker.ts';
import { isErrno, symbolicLink } from './storage-error.ts';

/** The directories of a repository: where a key lies, without ever passing a symbolic link. */
export interface Tree {
  readonly root: string;
  /**
   * Absolute path of a key whose directories exist or not. Throws `repository/unreachable` where the root is another one now.
   */
  locate(key: string): Promise<string>;
  /** The same; makes missing directories (0700), durably. */
  locateForWriting(key: string): Promise<string>;
  /** Removes the directories above a removed key that are empty now. */
  prune(key: string): Promise<void>;
}

/** `root` is the real path of an existing directory whose mark has this id. */
export async function openTree(root: string, id: string): Promise<Tree> {
  const opened = markOf(root);
  let checkedMs: number | undefined;
  const isSame = async (): Promise<boolean> => {
    const now = markOf(root);
    if (now.place !== opened.place) return false;
    if (now.changedMs === checkedMs) return true;
    // Another owner, mode or number of links changes the time as well (`chown -R`, `cp -al`): then what it says decides.
    if ((await readMarker(root)).id !== id) return false;
    checkedMs = now.changedMs;
    return true;
  };
  const checkRoot = async (): Promise<void> => {
    // An unmounted disk leaves the empty directory it was mounted on: writing there would look like success.
    if (!(await isSame().catch(() => false)))
      throw new OperationError('repository/unreachable', `${root} is no longer the directory that was opened`, {
        hint: 'Check that its disk is mounted.',
      });
  };
  const locate = async (key: string): Promise<string> => {
    await checkRoot();
    let path = root;
    for (const part of keyParts(key).slice(0, -1)) {
      path = join(path, part);
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (found === undefined) break;
      if (found.isSymbolicLink()) throw symbolicLink(key);
    }
    return join(root, key);
  };
  return {
    root,
    locate,
    locateForWriting: async (key) => {
      const path = await locate(key);
      await makeDirectories(root, keyParts(key).slice(0, -1));
      return path;
    },
    prune: async (key) => {
      const parts = keyParts(key).slice(0, -1);
      for (let depth = parts.length; depth > 1; depth -= 1) {
        try {
          await rmdir(join(root, ...parts.slice(0, depth)));
        } catch {
          return;
        }
      }
    },
  };
}

/**
 * Of the mark and not of the directory: a file system hands the number of a removed one out again, with another id in it.
 * Without the thread pool, for it is looked at before every object.
 */
function markOf(root: string): { readonly place: string; readonly changedMs: number } {
  const { dev, ino, ctimeMs } = lstatSync(join(root, repositoryMarker));
  return { place: `${dev}:${ino}`, changedMs: ctimeMs };
}

async function makeDirectories(root: string, parts: readonly string[]): Promise<void> {
  let path = root;
  for (const part of parts) {
    path = join(path, part);
    try {
      await mkdir(path, { mode: 0o700 });
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
      continue;
    }
    await syncDirectory(dirname(path));
  }
}

/** Makes the names in a directory durable (fsync(2): syncing a file does not sync its name). */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  await directory.sync();
}
