import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheDirectory } from './cache.ts';
import { serverUser } from './server-user.ts';

/**
 * A directory that is made once for everything that `identity` says and kept between runs; copies of it are cheap. `make`
 * gets the name of the directory to make, below one that the servers' user may write to.
 */
export async function templateOf(identity: unknown, make: (directory: string) => Promise<void>): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify([identity, serverUser.uid ?? process.getuid?.()]))
    .digest('hex')
    .slice(0, 16);
  const template = join(cacheDirectory, 'templates', key);
  if (await exists(template)) return template;
  await mkdir(dirname(template), { recursive: true });
  const draft = await mkdtemp(join(dirname(template), 'draft-'));
  await giveToServers(draft);
  try {
    await make(join(draft, 'data'));
    // Another test process may have made it meanwhile; both are equal, so the first one stays.
    await rename(join(draft, 'data'), template).catch(async (error: unknown) => {
      if (!(await exists(template))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return template;
}

/** Lets the user that servers run as write to a directory, and everyone enter it: server and tests may be two users. */
export async function giveToServers(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  if (serverUser.uid !== undefined && serverUser.gid !== undefined) {
    await chown(directory, serverUser.uid, serverUser.gid);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
