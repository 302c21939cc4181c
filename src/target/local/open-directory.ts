import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { withScratch } from '../../system/scratch.ts';
import { watcher } from '../../system/watcher.ts';

const prefix = 'holdfast-';

export interface OpenDirectory extends AsyncDisposable {
  readonly path: string;
}

/**
 * A directory that another user can pass through, which nobody can below scratch. It lives and dies with the scratch
 * directory whose name it bears.
 */
export async function openDirectory(scratch: string): Promise<OpenDirectory> {
  const path = join(tmpdir(), `${prefix}${basename(scratch)}`);
  watcher().tell(`d${path}`);
  await mkdir(path, { mode: 0o711 });
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
      watcher().tell(`f${path}`);
    },
  };
}

/** Removes those whose scratch directory is gone. Returns how many. */
export async function sweepOpenDirectories(): Promise<number> {
  const scratchRoot = await withScratch('sweep', async (path) => dirname(path));
  // In this order: of one that is made meanwhile, the scratch directory is there first.
  const names = await readdir(tmpdir());
  const owned = new Set(await readdir(scratchRoot));
  let removed = 0;
  for (const name of names) {
    const ownerName = name.slice(prefix.length);
    if (!name.startsWith(`${prefix}server.`) || owned.has(ownerName)) continue;
    const path = join(tmpdir(), name);
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined || !found.isDirectory() || found.uid !== process.getuid?.()) continue;
    await rm(path, { recursive: true, force: true });
    removed += 1;
  }
  return removed;
}
