import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, OperationError } from '../../base/operation-error.ts';
import { runCommand } from '../../system/run.ts';
import type { PlannedCommand } from '../recipe.ts';
import { confined, rootInside, userFiles } from './namespace.ts';
import { unusedUserId } from './server-user.ts';

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
  wrap(command: PlannedCommand): PlannedCommand;
}

/**
 * The strongest confinement that this machine allows: namespaces and an own user for root on Linux, else our own user.
 * Throws `target/unavailable` for root where namespaces are not allowed: database servers refuse to run as root.
 */
export async function openSandbox(place: { readonly scratch: string; readonly binaries: string }): Promise<Sandbox> {
  const root = join(place.scratch, 'server');
  await mkdir(root);
  const nothing = { notes: [], [Symbol.asyncDispose]: async () => undefined };
  if (process.getuid?.() !== 0) {
    return { isolation: 'trusted', root, rootInside: root, uid: undefined, wrap: (command) => command, ...nothing };
  }
  const uid = await unusedUserId();
  await chmod(root, 0o755);
  for (const { path, text } of userFiles(uid)) {
    await writeFile(join(root, path), text);
    await chmod(join(root, path), 0o644);
  }
  const wrap = (command: PlannedCommand): PlannedCommand => confined(command, { root, uid, binaries: place.binaries });
  await probe(wrap({ program: 'true', args: [] }));
  return { isolation: 'namespaces', root, rootInside, uid, wrap, ...nothing };
}

async function probe(command: PlannedCommand): Promise<void> {
  const lines: string[] = [];
  try {
    await runCommand({ ...command, stdin: 'ignore', onStderrLine: (line) => lines.push(line), timeoutMs: 30_000 });
  } catch (error) {
    throw new OperationError('target/unavailable', 'this machine does not allow root to make namespaces', {
      cause: error,
      hint: `It said: ${lines.at(-1) ?? messageOf(error)}. Run as another user, or use a container target.`,
    });
  }
}
