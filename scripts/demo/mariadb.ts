import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { flavours, startMysql, type TestMysql } from '../../test/support/mysql.ts';
import { installationOf } from '../../test/support/mysql-flavours.ts';
import { lastLine, run } from './run.ts';
import type { Stage, StagedServer } from './stage.ts';

/** The oldest one that is here: set-up makes just that one for the demo. */
const flavour = flavours.findLast(({ engine }) => engine === 'mariadb') ?? { engine: 'mariadb', version: '10.11' };
const programs = installationOf(flavour)?.binaries ?? '';

export const mariadbStage: Stage = {
  engine: 'mariadb',
  spec: 'scripts/demo/mariadb.yaml',
  programs,
  content: '20 tables, views, routines, an event, accounts and a role, a few hundred thousand rows',
  async source(secrets) {
    // Until it is returned it is this function's to end: an interrupted client throws.
    await using started = new AsyncDisposableStack();
    const server = started.use(await startMysql(flavour));
    await server.sql(undefined, `CREATE USER backup@localhost IDENTIFIED BY '${secrets.DEMO_BACKUP_PASSWORD}'`);
    await server.sql(undefined, 'GRANT ALL ON *.* TO backup@localhost WITH GRANT OPTION');
    const passwords = `SET @app_password = '${secrets.BOTPRESS_PASSWORD}', @readonly_password = '${secrets.BOTPRESS_READONLY_PASSWORD}';\n`;
    await server.script(undefined, passwords + (await readFile(join(import.meta.dirname, 'mariadb.sql'), 'utf8')));
    started.move();
    return staged(server);
  },
  clean: async () => staged(await startMysql(flavour)),
  async login(server, { role, password, sql }) {
    const { code, output } = await run(
      join(programs, 'mariadb'),
      [
        '--no-defaults',
        '--batch',
        '--skip-column-names',
        `--socket=${server.socket}`,
        `--user=${role}`,
        `--execute=${sql}`,
        'botpress_db',
      ],
      { cwd: programs, quiet: true, env: { MYSQL_PWD: password } },
    );
    return { worked: code === 0, answer: lastLine(output).replace(/^.*?ERROR +/, '') };
  },
  reads: "SELECT CONCAT(count(*), ' messages') FROM messages",
  writes: "INSERT INTO rate_limits VALUES ('demo', 1) RETURNING 'written'",
};

function staged(server: TestMysql): StagedServer {
  return {
    description: `MariaDB ${server.version}`,
    socket: server.socket,
    port: server.port,
    url: `mariadb://root@${encodeURIComponent(server.socket)}`,
    password: server.password,
    stop: () => server.stop(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
