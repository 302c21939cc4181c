import { access, constants, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import { diagnosticOf } from '../base/diagnostic-of.ts';
import type { DesiredSecretFile } from '../spec/desired.ts';
import { anyoneMayWrite, isWritableByAnyone } from './file.ts';

/**
 * Which files of secrets are open to users whom they do not concern. Reads none of them. One that cannot be looked at is told
 * by whoever needs it: a spec is also checked on machines that have no secrets.
 *
 * That others may read is a warning and no refusal, unlike that of libpq for its passfile (PostgreSQL manual, "The Password
 * File"): containers mount secrets with mode 0444 or 0644 and nobody else is in there. Those mounts are not warned of.
 */
export async function exposures(files: readonly DesiredSecretFile[]): Promise<readonly Diagnostic[]> {
  const found = await Promise.all(files.map(exposureOf));
  return found.flatMap((diagnostic) => diagnostic ?? []);
}

async function exposureOf({ path, place }: DesiredSecretFile): Promise<Diagnostic | undefined> {
  try {
    const { mode } = await stat(path);
    if (isWritableByAnyone(mode)) return diagnosticOf(anyoneMayWrite(path), { place });
    if ((mode & 0o004) === 0) return undefined;
    const real = await realpath(path);
    if (!(await isReachableByAll(real)) || (await isMountedSecret(real))) return undefined;
  } catch {
    return undefined;
  }
  return {
    severity: 'warning',
    code: 'secret/exposed',
    summary: `every user of this machine may read the secret file ${path}`,
    help: `Give it to the user who runs backup alone: chmod 600 ${path}.`,
    place,
  };
}

/** A folder on the way that others may not pass closes everything below it. */
async function isReachableByAll(path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** As Docker (below /run/secrets) and Kubernetes (a volume of its own, mounted read-only) bring secrets into a container. */
async function isMountedSecret(path: string): Promise<boolean> {
  if (path.startsWith('/run/secrets/')) return true;
  return access(dirname(path), constants.W_OK).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'EROFS',
  );
}
