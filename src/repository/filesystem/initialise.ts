import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OperationError } from '../../base/operation-error.ts';
import { repositoryMarker } from '../../manifest/keys.ts';
import { markerText } from './marker.ts';
import { isErrno, storageError } from './storage-error.ts';
import { syncDirectory } from './tree.ts';

/**
 * Makes a repository in a new or empty directory whose parent exists. `random` are 16 bytes for its id. Throws
 * `repository/exists` where anything lies there, `repository/unreachable` where the storage does not do what commits need.
 */
export async function initialiseFilesystemRepository(
  path: string,
  { random = randomBytes(16) }: { readonly random?: Uint8Array } = {},
): Promise<{ readonly id: string; readonly location: string }> {
  const id = Buffer.from(random.subarray(0, 16)).toString('hex');
  if (id.length !== 32) throw new RangeError('16 random bytes are needed');
  try {
    await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
      if (!isErrno(error, 'EEXIST')) throw error;
    });
    const root = await realpath(path);
    // A fresh file system has lost+found; nothing else may be there.
    const present = (await readdir(root)).filter((name) => name !== 'lost+found');
    if (present.length > 0)
      throw present.includes(repositoryMarker)
        ? new OperationError('repository/exists', `${path} is a Holdfast repository already`, {
            hint: 'There is nothing to make: go on with `backup plan`.',
          })
        : new OperationError('repository/exists', `${path} is not empty`, {
            hint: 'Choose a new or an empty directory.',
          });
    await probe(root);
    const temporary = join(root, `.${repositoryMarker}`);
    await writeDurably(temporary, markerText(id));
    await rename(temporary, join(root, repositoryMarker));
    await syncDirectory(root);
    await syncDirectory(dirname(root));
    return { id, location: root };
  } catch (error) {
    if (isErrno(error, 'ENOENT'))
      throw new OperationError('repository/unreachable', `the directory above ${path} does not exist`, {
        hint: 'Make it, or check that its disk is mounted.',
      });
    throw storageError(error, `making a repository in ${path}`);
  }
}

/** What every commit relies on: exclusive creation, rename and fsync of files and directories. */
async function probe(root: string): Promise<void> {
  const first = join(root, '.probe-1');
  const second = join(root, '.probe-2');
  try {
    await writeDurably(first, 'probe');
    const again = await writeFile(first, 'again', { flag: 'wx' }).then(
      () => 'accepted',
      (error: unknown) => (isErrno(error, 'EEXIST') ? 'refused' : 'failed'),
    );
    if (again !== 'refused')
      throw new OperationError('repository/unreachable', `the storage of ${root} lets a file be created twice`);
    await rename(first, second);
    await syncDirectory(root);
  } finally {
    await rm(first, { force: true });
    await rm(second, { force: true });
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  await using file = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  await file.writeFile(text);
  await file.sync();
}
