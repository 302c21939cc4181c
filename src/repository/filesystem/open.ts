import { constants } from 'node:fs';
import { mkdir, open, realpath, rename, rm, statfs, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { OperationError } from '../../base/operation-error.ts';
import { chunkBytes } from '../../codec/hash.ts';
import { repositoryMarker } from '../../manifest/keys.ts';
import type { Repository } from '../repository.ts';
import { adopt } from './adopt.ts';
import { layOut } from './lay-out.ts';
import { listNames, listObjects } from './listing.ts';
import { readMarker } from './marker.ts';
import { publish, readBack, writeTemporary } from './publish.ts';
import { readSmallFile } from './small-file.ts';
import { isErrno, readingError, storageError, unopened, unreadable } from './storage-error.ts';
import { openTree, syncDirectory, type Tree } from './tree.ts';

/**
 * A repository in a directory. Throws `repository/not-initialised` where holdfast.json is absent (an unmounted disk must
 * not look like a new repository), `repository/format` where a newer Holdfast wrote it, `repository/unreachable`.
 */
export async function openFilesystemRepository(path: string): Promise<Repository> {
  const root = await realpath(path).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
      throw new OperationError('repository/not-initialised', `${path} does not exist`, {
        hint: 'Check that its disk is mounted. For a new repository run `backup repository init`.',
      });
    }
    throw unopened(path, error);
  });
  const { id } = await readMarker(root);
  return repositoryAt(await openTree(root, id), id);
}

function repositoryAt(tree: Tree, id: string): Repository {
  const guarded = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw storageError(error, what);
    }
  };
  const reading = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw readingError(error, key);
    }
  };
  const put: Repository['put'] = async (key, source) => {
    const final = await guarded(`storing ${key}`, () => tree.locateForWriting(key));
    const failed = { error: undefined as unknown };
    const { path, stored } = await guarded(`storing ${key}`, () =>
      writeTemporary(tree, remembering(source, failed)),
    ).catch((error: unknown) => {
      // What the source threw is the caller's own error and passes unchanged.
      throw failed.error ?? error;
    });
    try {
      await guarded(`storing ${key}`, () => publish(path, final));
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    return stored;
  };
  const readObject = async (key: string) => {
    const file = await open(await tree.locate(key), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw unreadable(key);
  };

  return {
    location: tree.root,
    id,
    put,
    commit: async (key, bytes) => {
      await put(key, once(bytes));
    },
    adopt: (key, path, sha256) => guarded(`storing ${key}`, () => adopt(tree, { key, path, sha256, put })),
    read: (key, range) =>
      reading(key, async () => {
        const file = await readObject(key);
        if (range?.length === 0) {
          // A stream cannot be asked for nothing: its end is inclusive.
          await file.close();
          return Readable.from([]);
        }
        const stream = file.createReadStream({
          highWaterMark: chunkBytes,
          ...(range === undefined ? {} : { start: range.offset, end: range.offset + range.length - 1 }),
        });
        return chunksOfObject(stream, key);
      }),
    readSmall: (key, limit) => reading(key, async () => readSmallFile(await tree.locate(key), key, limit)),
    fetch: (key, path) =>
      reading(key, async () => {
        // Opened for its checks alone: a regular file, no symbolic link.
        await (await readObject(key)).close();
        await layOut(await tree.locate(key), path);
        await using copy = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
        return await readBack(copy);
      }),
    list: (prefix) => listObjects(tree, prefix),
    names: async (prefix) => listNames(tree, prefix),
    remove: (key) =>
      guarded(`removing ${key}`, async () => {
        if (key === repositoryMarker)
          throw new OperationError('repository/io', 'the repository’s own mark is not removed');
        const path = await tree.locate(key);
        try {
          await unlink(path);
          await syncDirectory(dirname(path));
        } catch (error) {
          if (!isErrno(error, 'ENOENT')) throw error;
        }
        await tree.prune(key);
      }),
    replace: (key, bytes) =>
      guarded(`writing ${key}`, async () => {
        if (!key.startsWith('leases/')) throw new OperationError('repository/io', `${key} is write-once`);
        const final = await tree.locateForWriting(key);
        const { path } = await writeTemporary(tree, once(bytes));
        await rename(path, final);
        await syncDirectory(dirname(final));
      }),
    scratch: (name) =>
      guarded('making scratch space', async () => {
        const path = dirname(await tree.locateForWriting(`scratch/${name}/file`));
        await mkdir(path, { recursive: true, mode: 0o700 });
        return path;
      }),
    removeScratch: (name) =>
      guarded('removing scratch space', async () => {
        await rm(dirname(await tree.locate(`scratch/${name}/file`)), { recursive: true, force: true });
      }),
    freeBytes: () =>
      guarded('asking for free space', async () => {
        const { bavail, bsize } = await statfs(tree.root);
        return bavail * bsize;
      }),
  };
}

async function* chunksOfObject(stream: AsyncIterable<Uint8Array>, key: string): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    throw readingError(error, key);
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* remembering(source: AsyncIterable<Uint8Array>, failed: { error: unknown }): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    failed.error = error;
    throw error;
  }
}
