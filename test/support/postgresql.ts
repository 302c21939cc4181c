import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import pg from 'pg';
import type { ServerAccess } from '../../src/engine/server-access.ts';
import { type GuardedProcess, startGuarded } from './guarded-process.ts';
import { binariesOf, majors } from './postgresql-majors.ts';
import { makeCluster } from './postgresql-template.ts';
import { giveToServers } from './template.ts';

export { majors };

/** A real PostgreSQL server of this test alone. Disposing it stops it and removes everything that it wrote. */
export interface TestServer extends AsyncDisposable {
  readonly major: number;
  /** Directory of its Unix socket, for libpq's `host`; everyone may enter it. */
  readonly socket: string;
  readonly port: number;
  /** The bootstrap role, a superuser. */
  readonly user: string;
  /** Folder with the programs of its major version. */
  readonly binaries: string;
  readonly dataDirectory: string;
  /** The server as an engine sees it, with the bootstrap role. `name` is its name in a spec. */
  access(name?: string): ServerAccess;
  /** Runs statements as the bootstrap role; the rows of the last one, every value as PostgreSQL's text. */
  sql(database: string, text: string): Promise<readonly Record<string, string | null>[]>;
  /** Runs a psql script, which may use psql's commands and variables; throws at its first error. */
  psql(
    database: string,
    text: string | { readonly file: string },
    variables?: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** `immediate` is a crash: no checkpoint, no farewell to clients. The data directory stays until it is disposed. */
  stop(how?: 'fast' | 'immediate'): Promise<void>;
}

export interface TestServerOptions {
  /** The lowest one of `majors` where absent. */
  readonly major?: number;
  /** Name of the role with OID 10; `postgres` where absent. */
  readonly bootstrapRole?: string;
  /** As in postgresql.conf. With `listen_addresses` and `port` it also listens on TCP. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of pg_hba.conf for everyone but the bootstrap role, who always gets in through the socket. Trust where absent. */
  readonly hba?: readonly string[];
  /** Hears every line of the server's log. */
  readonly onLogLine?: (line: string) => void;
}

/**
 * Starts a server on a Unix socket, in 0.2 s once its template exists. Throws where the major version is not on this machine.
 */
export async function startPostgresql(options: TestServerOptions = {}): Promise<TestServer> {
  const major = options.major ?? majors[0] ?? 0;
  const binaries = binariesOf(major);
  if (binaries === undefined)
    throw new Error(`PostgreSQL ${major} is not on this machine; scripts/setup.sh test gets it`);
  const user = options.bootstrapRole ?? 'postgres';
  const port = Number(options.settings?.['port'] ?? 5432);
  const directory = await privateDirectory();
  const dataDirectory = join(directory, 'data');
  const server = await startIn({ directory, dataDirectory, binaries, user, options }).catch(async (error: unknown) => {
    await rm(directory, { recursive: true, force: true });
    throw error;
  });
  const connection = { host: directory, port, user, tls: { mode: 'disable' } } as const;
  let stopped: Promise<void> | undefined;
  const stop = (how: 'fast' | 'immediate' = 'fast'): Promise<void> =>
    (stopped ??= server.end(how === 'fast' ? 'INT' : 'QUIT'));
  return {
    major,
    socket: directory,
    port,
    user,
    binaries,
    dataDirectory,
    access: (name = 'server') => ({ name, connection, maintenanceDatabase: 'postgres', clients: binaries }),
    sql: (database, text) => query({ host: directory, port, user, database }, text),
    async psql(database, text, variables = {}) {
      const set = Object.entries(variables).flatMap(([name, value]) => ['-v', `${name}=${value}`]);
      const [file, input] = typeof text === 'string' ? ['-', text] : [text.file, ''];
      await execa(join(binaries, 'psql'), ['-XqAt', '-v', 'ON_ERROR_STOP=1', ...set, '-d', database, '-f', file], {
        input,
        extendEnv: false,
        env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', PGHOST: directory, PGPORT: String(port), PGUSER: user },
      });
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop('immediate');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

interface Start {
  readonly directory: string;
  readonly dataDirectory: string;
  readonly binaries: string;
  readonly user: string;
  readonly options: TestServerOptions;
}

async function startIn({ directory, dataDirectory, binaries, user, options }: Start): Promise<GuardedProcess> {
  await makeCluster({ binaries, bootstrapRole: user, dataDirectory });
  if (options.hba !== undefined) {
    const lines = [`local all "${user.replaceAll('"', '""')}" trust`, ...options.hba, ''];
    await writeFile(join(dataDirectory, 'pg_hba.conf'), lines.join('\n'));
  }
  return startGuarded({
    program: join(binaries, 'postgres'),
    args: ['-D', dataDirectory, ...settingArguments(directory, options.settings)],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    onLine: options.onLogLine,
    ready: /database system is ready to accept connections/,
    directory,
    orphanSignal: 'QUIT',
  });
}

/** Short, because a socket's path has at most 107 bytes (unix(7)). */
async function privateDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir().length > 60 ? '/tmp' : tmpdir(), 'hf-pg-'));
  await giveToServers(directory);
  return directory;
}

function settingArguments(directory: string, settings: Readonly<Record<string, string>> = {}): readonly string[] {
  const all = {
    listen_addresses: '',
    unix_socket_directories: directory,
    fsync: 'off',
    full_page_writes: 'off',
    shared_buffers: '32MB',
    log_min_messages: 'warning',
    ...settings,
  };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

interface Result {
  readonly rows: readonly Record<string, string | null>[];
}

async function query(config: pg.ClientConfig, text: string): Promise<readonly Record<string, string | null>[]> {
  const client = new pg.Client({ ...config, types: { getTypeParser: () => (value: string) => value } });
  // A server that a test stops tells its clients so; the query in flight fails anyway.
  client.on('error', () => undefined);
  await client.connect();
  try {
    // One result per statement, where there are several; the types of pg say otherwise.
    const results = (await client.query(text)) as Result | readonly Result[];
    return 'rows' in results ? results.rows : (results.at(-1)?.rows ?? []);
  } finally {
    await client.end();
  }
}
