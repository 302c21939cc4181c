import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { placeLauncher } from './launcher.ts';
import type { StubClients } from './stub-client.ts';
import type { TestMysql } from './mysql.ts';

/**
 * A folder of client programs whose dump program is test/fixtures/clients/mysql.mjs, lying as `how` says, around the real
 * one.
 */
export async function stubMysql(how: string, { engine, binaries }: TestMysql): Promise<StubClients> {
  const folder = await mkdtemp(join(tmpdir(), 'hf-clients-'));
  const stub = fileURLToPath(new URL('../fixtures/clients/mysql.mjs', import.meta.url));
  const [dump, client] = engine === 'mysql' ? ['mysqldump', 'mysql'] : ['mariadb-dump', 'mariadb'];
  placeLauncher(join(folder, dump), [process.execPath, stub, how, join(binaries, dump)]);
  await symlink(join(binaries, client), join(folder, client));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
