import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StubClients } from './stub-client.ts';
import type { TestMysql } from './mysql.ts';

/** A folder of client programs whose dump program is test/fixtures/clients/mysql.mjs, lying as `how` says, around the real one. */
export async function stubMysql(how: string, { engine, binaries }: TestMysql): Promise<StubClients> {
  const folder = await mkdtemp(join(tmpdir(), 'hf-clients-'));
  const stub = fileURLToPath(new URL('../fixtures/clients/mysql.mjs', import.meta.url));
  const [dump, client] = engine === 'mysql' ? ['mysqldump', 'mysql'] : ['mariadb-dump', 'mariadb'];
  const launcher = join(folder, dump);
  await writeFile(
    launcher,
    `#!/bin/sh\nexec '${process.execPath}' '${stub}' '${how}' '${join(binaries, dump)}' "$@"\n`,
  );
  await chmod(launcher, 0o755);
  await symlink(join(binaries, client), join(folder, client));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
