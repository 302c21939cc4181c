import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, realpath, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes } from '../../base/bytes.ts';
import { OperationError } from '../../base/operation-error.ts';
import { Secret } from '../../base/secret.ts';
import { openScratch, sweepScratch } from '../../system/scratch.ts';
import type { LocalRecipe, LocalServerPlan } from '../recipe.ts';
import type { LeaseRequest, Target, TargetLease } from '../target.ts';
import { sweepOpenDirectories } from './open-directory.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';
import { initialise, serve } from './serve.ts';

export interface LocalDeclaration {
  readonly name: string;
  /** Folder with the server's programs; the usual places where absent. */
  readonly binaries?: string;
}

/**
 * A throwaway server from locally installed binaries, on a Unix socket, in scratch space. As root it runs in namespaces
 * under a user of its own, without network; otherwise as ourselves, and the lease says `trusted`. A killed tool takes the
 * server along; its files go with the scratch space, at the latest by the next `sweep`.
 */
export function localTarget(declared: LocalDeclaration, recipe: LocalRecipe): Target {
  return {
    name: declared.name,
    kind: 'local',
    lease: (request) => lease(declared, recipe, request),
    sweep: async () => {
      const removed = (await sweepScratch()) + (await sweepOpenDirectories());
      return removed === 0 ? [] : [`${removed} ${removed === 1 ? 'directory' : 'directories'} of ended runs`];
    },
  };
}

async function lease(declared: LocalDeclaration, recipe: LocalRecipe, request: LeaseRequest): Promise<TargetLease> {
  request.signal.throwIfAborted();
  const found = await recipe.find({ series: request.series, folder: declared.binaries });
  const installation = { ...found, folder: await realpath(found.folder) };
  await using cleanup = new AsyncDisposableStack();
  const scratch = cleanup.use(await openScratch('server'));
  await checkSpace(scratch.path, request.bytesNeeded);
  const sandbox = cleanup.use(await openSandbox({ scratch: scratch.path, folders: installation.reads }));
  const { bootstrapRole, settings } = request;
  const plan = await recipe.plan({ installation, root: sandbox.rootInside, bootstrapRole, settings });
  checkSocketPath(sandbox, plan);
  const password = new Secret(randomBytes(24).toString('base64url'));
  await layOut(sandbox, plan, password);
  await initialise(plan, sandbox, request.signal);
  cleanup.use(await serve(plan, sandbox, request.signal));
  await rm(join(sandbox.root, plan.passwordFile.path));
  const owned = cleanup.move();
  return {
    connection: {
      host: join(sandbox.root, plan.host),
      port: plan.port,
      user: bootstrapRole,
      password,
      tls: { mode: 'disable' },
    },
    maintenanceDatabase: plan.maintenanceDatabase,
    clients: found.clients,
    provenance: 'created',
    ...(plan.tablespaceDirectory === undefined
      ? {}
      : { tablespaceRoot: join(sandbox.rootInside, plan.tablespaceDirectory) }),
    isolation: sandbox.isolation,
    description: `${recipe.product} ${installation.version} from local binaries`,
    notes: [...sandbox.notes, ...plan.notes],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function checkSpace(path: string, bytesNeeded: number): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize >= bytesNeeded) return;
  throw new OperationError(
    'target/no-space',
    `a local server needs ${formatBytes(bytesNeeded)}, and ${formatBytes(bavail * bsize)} are free`,
    { hint: 'Free some space, or set TMPDIR to a directory on a larger disk.' },
  );
}

function checkSocketPath(sandbox: Sandbox, plan: LocalServerPlan): void {
  const path = join(sandbox.root, plan.socket);
  if (Buffer.byteLength(path) <= 107) return;
  throw new OperationError('target/unavailable', 'the path of the temporary directory is too long for a socket', {
    hint: 'Set TMPDIR to a shorter path; the system allows 107 bytes for a socket.',
  });
}

async function layOut(sandbox: Sandbox, plan: LocalServerPlan, password: Secret): Promise<void> {
  const { root, uid } = sandbox;
  for (const directory of plan.directories) {
    await mkdir(join(root, directory), { mode: 0o700 });
    if (uid !== undefined) await chown(join(root, directory), uid, uid);
  }
  for (const { path, text } of plan.files) {
    await writeFile(join(root, path), text);
    await chmod(join(root, path), 0o644);
  }
  const passwordFile = join(root, plan.passwordFile.path);
  await writeFile(passwordFile, plan.passwordFile.text(password.reveal()), { mode: 0o600 });
  if (uid !== undefined) await chown(passwordFile, uid, uid);
}
