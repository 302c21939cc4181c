import { fileURLToPath } from 'node:url';
import { startMysql, type TestMysql, type TestMysqlOptions } from './mysql.ts';

/** Unlike PostgreSQL's without double quotes: mariadb-dump takes `my\"db` for the name of a database with events. */
export const nastyMysqlDatabase = 'My `DB` ü';

/** A server with the databases and accounts of test/fixtures/mysql/{mysql,mariadb}.sql. */
export async function startNastyMysql(options: TestMysqlOptions): Promise<TestMysql> {
  const server = await startMysql(options);
  await server.script(undefined, {
    file: fileURLToPath(new URL(`../fixtures/mysql/${options.engine}.sql`, import.meta.url)),
  });
  return server;
}
