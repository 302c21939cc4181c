import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperationError } from '../base/operation-error.ts';
import { fateOf, ownIdentity, type ProcessIdentity } from './process-identity.ts';
import { noScratch, pipeDirectoryPrefix, watcher } from './watcher.ts';

export interface Scratch extends AsyncDisposable {
  /** Absolute, private (0700), short enough for a Unix socket in it. */
  readonly path: string;
}

/**
 * A private directory that goes with its owner: disposing removes it, the watcher does where this process is killed, and
 * `sweepScratch` where the machine went down. `purpose` is a short word in its name. Throws `process/no-scratch`.
 */
export async function openScratch(purpose: string): Promise<Scratch> {
  const path = join(await madeScratchRoot(), directoryName(purpose, ownIdentity()));
  watcher().tell(`d${path}`);
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    throw noScratch(path, error);
  });
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
      watcher().tell(`f${path}`);
    },
  };
}

/** `openScratch` for the time of `work`. */
export async function withScratch<T>(purpose: string, work: (path: string) => Promise<T>): Promise<T> {
  await using scratch = await openScratch(purpose);
  return await work(scratch.path);
}

/**
 * Removes what dead processes left. Only where their death is certain. Returns how many directories it removed. A temporary
 * directory that is of no use, or whose leavings cannot be removed, is told by whoever needs it: reading a repository does not.
 */
export async function sweepScratch(): Promise<number> {
  const root = scratchRoot();
  let removed = 0;
  for (const name of (await isPrivate(root)) ? await readdir(root).catch(() => []) : [])
    if (isLeftBehind(name) && (await isRemoved(join(root, name)))) removed += 1;
  return removed + (await sweepPipes());
}

/** The watcher's pipe has a name for an instant; whoever is killed in it leaves that. */
async function sweepPipes(): Promise<number> {
  let removed = 0;
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    if (!name.startsWith(pipeDirectoryPrefix)) continue;
    const path = join(tmpdir(), name);
    const found = await lstat(path).catch(() => undefined);
    const isOld = found !== undefined && Date.now() - found.mtimeMs > 60_000;
    if (!isOld || !found.isDirectory() || found.uid !== process.getuid?.()) continue;
    if (await isRemoved(path)) removed += 1;
  }
  return removed;
}

const isRemoved = (path: string): Promise<boolean> =>
  rm(path, { recursive: true, force: true }).then(
    () => true,
    () => false,
  );

// The owner stands in the name, so that a directory is never without its mark; short, for the sake of socket paths.
function directoryName(purpose: string, owner: ProcessIdentity): string {
  return [
    purpose,
    owner.pid,
    owner.startTime,
    owner.pidNamespace,
    bootPrefix(owner.bootId),
    randomBytes(3).toString('hex'),
  ].join('.');
}

function isLeftBehind(name: string): boolean {
  const match = /^[a-z-]+\.(\d+)\.(\d*)\.(\d*)\.([0-9a-f]{8})\.[0-9a-f]{6}$/.exec(name);
  if (match === null) return false;
  const [, pid = '', startTime = '', pidNamespace = '', boot = ''] = match;
  const { bootId } = ownIdentity();
  // The temporary directory is this machine's, so another boot is an earlier boot: everyone of then is dead.
  if (boot !== bootPrefix(bootId)) return bootId !== '';
  return fateOf({ pid: Number(pid), startTime, pidNamespace, bootId }) === 'dead';
}

function bootPrefix(bootId: string): string {
  return bootId.slice(0, 8).padEnd(8, '0');
}

const scratchRoot = (): string => join(tmpdir(), `holdfast-${process.getuid?.() ?? 0}`);

async function madeScratchRoot(): Promise<string> {
  const root = scratchRoot();
  // Not with its parents: a temporary directory that is not there is a disk that is not mounted.
  await mkdir(root, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw noScratch(root, error);
  });
  if (!(await isPrivate(root))) {
    throw new OperationError('process/no-scratch', `${root} is not a private directory of this user`, {
      hint: 'Remove it, or set TMPDIR to a directory of your own.',
    });
  }
  return root;
}

/** Everyone may write to the temporary directory: somebody else's directory of this name is a trap. */
async function isPrivate(root: string): Promise<boolean> {
  const found = await lstat(root).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === (process.getuid?.() ?? 0) && (found.mode & 0o077) === 0;
}
