import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgresql, type TestServer, type TestServerOptions } from './postgresql.ts';
import { serverUser } from './server-user.ts';

export const nastyDatabase = 'My "DB" ü';

/** A server with the database of test/fixtures/postgresql/nasty.sql. */
export async function startNasty(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startPostgresql({
    ...options,
    settings: { shared_preload_libraries: 'pg_stat_statements', ...options.settings },
  });
  const tsdir = await tablespaceDirectory(server);
  const file = fileURLToPath(new URL('../fixtures/postgresql/nasty.sql', import.meta.url));
  // Its last statement fails on purpose, to leave an invalid index.
  await server.psql('postgres', { file }, { tsdir });
  return server;
}

/** A directory for a tablespace that goes away with the server. */
export async function tablespaceDirectory(server: TestServer): Promise<string> {
  const directory = join(server.socket, 'ts1');
  await mkdir(directory);
  if (serverUser.uid !== undefined && serverUser.gid !== undefined)
    await chown(directory, serverUser.uid, serverUser.gid);
  return directory;
}
