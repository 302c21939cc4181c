import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, OperationError } from '../../base/operation-error.ts';
import { runCommand } from '../../system/run.ts';
import type { PlannedCommand } from '../recipe.ts';
import { confined, extraFolders, rootInside, userFiles } from './namespace.ts';
import { openDirectory } from './open-directory.ts';
import { nobodyId, unusedUserId } from './server-user.ts';

/** Where and as whom a local server runs. Disposing it removes what it made outside of scratch. */
export interface Sandbox extends AsyncDisposable {
  readonly isolation: 'namespaces' | 'trusted';
  /** The server's directory as we see it. */
  readonly root: string;
  /** The same directory as the server sees it. */
  readonly rootInside: string;
  /** Owner of what the server writes; ourselves where absent. */
  readonly uid: number | undefined;
  readonly notes: readonly string[];
  /** The command as it has to be started. */
  wrap(command: PlannedCommand): SandboxedCommand;
}

export interface SandboxedCommand extends PlannedCommand {
  readonly uid?: number;
  readonly gid?: number;
}

const nothing = { notes: [], [Symbol.asyncDispose]: async () => undefined };

/**
 * The strongest confinement that this machine allows: namespaces and an own user for root on Linux; where root may make
 * no namespaces, the user `nobody`, since database servers refuse to run as root; and else our own user.
 * Throws `target/unavailable`.
 */
export async function openSandbox(place: {
  readonly scratch: string;
  /** What the server's programs need besides the system's own folders. */
  readonly folders: readonly string[];
}): Promise<Sandbox> {
  const root = join(place.scratch, 'server');
  await mkdir(root);
  if (process.getuid?.() !== 0) {
    return { isolation: 'trusted', root, rootInside: root, uid: undefined, wrap: (command) => command, ...nothing };
  }
  const uid = await unusedUserId();
  await chmod(root, 0o755);
  for (const { path, text } of userFiles(uid)) {
    await writeFile(join(root, path), text);
    await chmod(join(root, path), 0o644);
  }
  const view = join(place.scratch, 'view');
  await mkdir(view);
  const folders = await extraFolders(place.folders);
  const wrap = (command: PlannedCommand): PlannedCommand => confined(command, { root, view, uid, folders });
  const shown = await mountsShown(wrap({ program: 'cat', args: ['/proc/mounts'] }));
  if ('refusal' in shown) return asNobody(place.scratch, shown.refusal);
  const notes = / \/usr overlay /.test(shown.mounts) ? [] : [withoutOverlay];
  return { isolation: 'namespaces', root, rootInside, uid, wrap, ...nothing, notes };
}

const withoutOverlay = 'overlayfs could not be used, so a Unix socket below /usr could be reached';

async function asNobody(scratch: string, refusal: string): Promise<Sandbox> {
  const id = await nobodyId();
  if (id === undefined) {
    throw new OperationError('target/unavailable', 'this machine allows root no namespaces and has no user nobody', {
      hint: `It said: ${refusal}. Run as another user than root, or use a container target.`,
    });
  }
  const directory = await openDirectory(scratch);
  return {
    isolation: 'trusted',
    root: directory.path,
    rootInside: directory.path,
    uid: id.uid,
    notes: [`runs as the user nobody, with network, because no namespaces could be made: ${refusal}`],
    wrap: (command) => ({ ...command, ...id }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/** What a confined command sees mounted, or why it cannot run here. */
async function mountsShown(
  command: PlannedCommand,
): Promise<{ readonly mounts: string } | { readonly refusal: string }> {
  const { program, args } = command;
  const lines: string[] = [];
  try {
    const { stdout } = await runCommand({
      program,
      args,
      stdin: 'ignore',
      stdout: 'text',
      onStderrLine: (line) => lines.push(line),
      timeoutMs: 30_000,
    });
    return { mounts: stdout };
  } catch (error) {
    return { refusal: lines.at(-1) ?? messageOf(error) };
  }
}
