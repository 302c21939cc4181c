import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { placeLauncher } from './launcher.ts';

export interface StubClients extends AsyncDisposable {
  /** Folder to give as `clients`. */
  readonly folder: string;
}

/** A folder of client programs whose pg_dump is test/fixtures/clients/<name>.mjs around the real one. */
export async function stubClients(name: string, binaries: string): Promise<StubClients> {
  const folder = await mkdtemp(join(tmpdir(), 'hf-clients-'));
  const stub = fileURLToPath(new URL(`../fixtures/clients/${name}.mjs`, import.meta.url));
  placeLauncher(join(folder, 'pg_dump'), [process.execPath, stub, join(binaries, 'pg_dump')]);
  await symlink(join(binaries, 'pg_restore'), join(folder, 'pg_restore'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
