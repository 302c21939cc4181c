import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface StubClients extends AsyncDisposable {
  /** Folder to give as `clients`. */
  readonly folder: string;
}

/** A folder of client programs whose pg_dump is test/fixtures/clients/<name>.mjs around the real one. */
export async function stubClients(name: string, binaries: string): Promise<StubClients> {
  const folder = await mkdtemp(join(tmpdir(), 'hf-clients-'));
  const stub = fileURLToPath(new URL(`../fixtures/clients/${name}.mjs`, import.meta.url));
  const launcher = join(folder, 'pg_dump');
  await writeFile(launcher, `#!/bin/sh\nexec '${process.execPath}' '${stub}' '${join(binaries, 'pg_dump')}' "$@"\n`);
  await chmod(launcher, 0o755);
  await symlink(join(binaries, 'pg_restore'), join(folder, 'pg_restore'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
