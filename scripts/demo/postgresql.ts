import { join } from 'node:path';
import { binariesOf, majors } from '../../test/support/postgresql-majors.ts';
import { startPostgresql, type TestServer } from '../../test/support/postgresql.ts';
import { lastLine, run } from './run.ts';
import type { Stage, StagedServer } from './stage.ts';

const programs = binariesOf(majors[0] ?? 0) ?? '';
/** Everyone but the bootstrap role has to give a password. */
const passwordsChecked = ['local all all scram-sha-256'];

export const postgresqlStage: Stage = {
  engine: 'postgresql',
  spec: 'backup.yaml',
  programs,
  content:
    '25 tables (24 with rows, and one that only has its partitions), roles, grants, policies, a few hundred thousand rows',
  async source(secrets) {
    // Until it is returned it is this function's to end: an interrupted psql throws.
    await using started = new AsyncDisposableStack();
    const server = started.use(await startPostgresql({ hba: passwordsChecked }));
    await server.psql('postgres', `CREATE ROLE backup SUPERUSER LOGIN PASSWORD '${secrets.DEMO_BACKUP_PASSWORD}';`);
    await server.psql(
      'postgres',
      { file: join(import.meta.dirname, 'botpress.sql') },
      { app_password: secrets.BOTPRESS_PASSWORD, readonly_password: secrets.BOTPRESS_READONLY_PASSWORD },
    );
    started.move();
    return staged(server);
  },
  clean: async () => staged(await startPostgresql({ hba: passwordsChecked })),
  async login(server, { role, password, sql }) {
    const { code, output } = await run(join(programs, 'psql'), ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-c', sql], {
      cwd: programs,
      quiet: true,
      env: {
        PGHOST: server.socket,
        PGPORT: String(server.port),
        PGUSER: role,
        PGDATABASE: 'botpress_db',
        PGPASSWORD: password,
        // The read-only role has it on: what keeps it from writing has to be its privileges.
        PGOPTIONS: '-c default_transaction_read_only=off',
      },
    });
    return { worked: code === 0, answer: lastLine(output).replace(/^.*?(FATAL|ERROR): +/, '') };
  },
  reads: "SELECT count(*) || ' messages' FROM messages",
  writes: "INSERT INTO rate_limits VALUES ('demo', 1) RETURNING 'written'",
};

function staged(server: TestServer): StagedServer {
  return {
    description: `PostgreSQL ${server.major}`,
    socket: server.socket,
    port: server.port,
    url: `postgresql://postgres@${encodeURIComponent(server.socket)}`,
    password: undefined,
    stop: () => server.stop(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
