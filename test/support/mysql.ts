import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { createConnection, type ConnectionConfig } from 'mariadb';
import { Secret } from '../../src/base/secret.ts';
import type { ServerAccess } from '../../src/engine/server-access.ts';
import { onFreePort } from './free-port.ts';
import { type GuardedProcess, startGuarded } from './guarded-process.ts';
import { flavours, installationOf, type Installation, type TestFlavour } from './mysql-flavours.ts';
import { commonArguments, makeDataDirectory } from './mysql-template.ts';
import { serverUser } from './server-user.ts';
import { giveToServers } from './template.ts';

export { flavours, type TestFlavour };

export type Row = Readonly<Record<string, string | null>>;

/** A real MySQL or MariaDB server of this test alone. Disposing it kills it and removes everything that it wrote. */
export interface TestMysql extends AsyncDisposable {
  readonly engine: 'mysql' | 'mariadb';
  /** The release series, as asked for: `9.7`, `11.8`. */
  readonly version: string;
  /** Path of its Unix socket; everyone may connect to it. */
  readonly socket: string;
  /** On 127.0.0.1, with `tcp`; meaningless without. */
  readonly port: number;
  readonly user: 'root';
  readonly password: string;
  /** Folder with the client programs of its version. */
  readonly binaries: string;
  readonly dataDirectory: string;
  /** The server as an engine sees it, with root through the socket. `name` is its name in a spec. */
  access(name?: string): ServerAccess;
  /** Runs statements as root; the rows of the last one, every value as text. */
  sql(database: string | undefined, text: string): Promise<readonly Row[]>;
  /** Runs a script through the vendor's client, which knows DELIMITER; throws at its first error. */
  script(database: string | undefined, text: string | { readonly file: string }): Promise<void>;
  /** `immediate` is a crash. The data directory stays until the server is disposed. */
  stop(how?: 'fast' | 'immediate'): Promise<void>;
}

export interface TestMysqlOptions {
  readonly engine: 'mysql' | 'mariadb';
  /** The release series; the first one of `flavours` where absent. */
  readonly version?: string;
  /** Server options by their names: `{ 'partial-revokes': 'ON' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Listens on a free port of 127.0.0.1 too, and lets root in from anywhere with the same password. */
  readonly tcp?: boolean;
  /** Writes a binary log. */
  readonly binlog?: boolean;
  /** Of root; `root` where absent. */
  readonly password?: string;
  /** Hears every line of the server's log. */
  readonly onLogLine?: (line: string) => void;
}

/** Starts a server on a Unix socket, in a second once its template exists. Throws where it is not on this machine. */
export function startMysql(options: TestMysqlOptions): Promise<TestMysql> {
  return options.tcp === true ? onFreePort((port) => startOn(port, options)) : startOn(3306, options);
}

async function startOn(port: number, options: TestMysqlOptions): Promise<TestMysql> {
  const flavour = flavours.find(
    ({ engine, version }) => engine === options.engine && version === (options.version ?? version),
  );
  const installation = flavour === undefined ? undefined : installationOf(flavour);
  if (flavour === undefined || installation === undefined) {
    const wanted = [options.engine, options.version].join(' ');
    throw new Error(`${wanted} is not on this machine; scripts/setup.sh test gets it`);
  }
  const password = options.password ?? 'root';
  const directory = await mkdtemp(join(tmpdir().length > 60 ? '/tmp' : tmpdir(), 'hf-my-'));
  const place = { directory, dataDirectory: join(directory, 'data'), socket: join(directory, 'mysqld.sock') };
  const server = await startIn({ ...place, port, flavour, installation, password, options }).catch(
    async (error: unknown) => {
      await rm(directory, { recursive: true, force: true });
      throw error;
    },
  );
  const connection = {
    host: place.socket,
    port,
    user: 'root',
    password: new Secret(password),
    tls: { mode: 'disable' },
  } as const;
  let stopped: Promise<void> | undefined;
  const stop = (how: 'fast' | 'immediate' = 'fast'): Promise<void> =>
    (stopped ??= server.end(how === 'fast' ? 'TERM' : 'KILL'));
  return {
    ...flavour,
    socket: place.socket,
    port,
    user: 'root',
    password,
    binaries: installation.binaries,
    dataDirectory: place.dataDirectory,
    access: (name = 'server') => ({
      name,
      connection,
      maintenanceDatabase: 'mysql',
      clients: installation.binaries,
    }),
    sql: (database, text) =>
      query(
        { socketPath: place.socket, user: 'root', password, ...(database === undefined ? {} : { database }) },
        text,
      ),
    script: (database, text) => runScript({ ...place, installation, password }, { database, text }),
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
  readonly socket: string;
  readonly port: number;
  readonly flavour: TestFlavour;
  readonly installation: Installation;
  readonly password: string;
  readonly options: TestMysqlOptions;
}

async function startIn(start: Start): Promise<GuardedProcess> {
  const { directory, dataDirectory, socket, flavour, installation, options } = start;
  await giveToServers(directory);
  const temporary = join(directory, 'tmp');
  await mkdir(temporary, { mode: 0o700 });
  await giveToServers(temporary);
  await makeDataDirectory({ flavour, installation, dataDirectory });
  const init = join(directory, 'init.sql');
  await writeFile(init, initialStatements(start).join('\n'), { mode: 0o600 });
  if (serverUser.uid !== undefined && serverUser.gid !== undefined) await chown(init, serverUser.uid, serverUser.gid);
  const network = options.tcp === true ? ['--bind-address=127.0.0.1', `--port=${start.port}`] : ['--skip-networking'];
  const settings = Object.entries(options.settings ?? {}).map(([name, value]) => `--${name}=${value}`);
  return startGuarded({
    program: installation.server,
    args: [
      '--no-defaults',
      ...commonArguments(flavour, installation),
      `--datadir=${dataDirectory}`,
      `--socket=${socket}`,
      `--pid-file=${join(directory, 'mysqld.pid')}`,
      `--tmpdir=${temporary}`,
      `--init-file=${init}`,
      ...network,
      ...(options.binlog === true ? ['--log-bin=binlog', '--server-id=1'] : ['--skip-log-bin']),
      ...(flavour.engine === 'mysql' ? ['--mysqlx=OFF'] : []),
      ...settings,
    ],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    onLine: options.onLogLine,
    ready: /ready for connections/,
    directory,
    orphanSignal: 'KILL',
  });
}

/** One statement a line, as `--init-file` wants them. */
function initialStatements({ flavour, password, options }: Start): readonly string[] {
  const secret = `'${password.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  const anywhere = [
    `CREATE USER 'root'@'%' IDENTIFIED BY ${secret};`,
    "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;",
  ];
  // What mariadb-install-db makes beside root@localhost, without a password.
  const others = [hostname(), '127.0.0.1', '::1'].map((host) => `DROP USER IF EXISTS 'root'@'${host}';`);
  return [
    `ALTER USER 'root'@'localhost' IDENTIFIED BY ${secret};`,
    ...(flavour.engine === 'mariadb' ? others : []),
    ...(options.tcp === true ? anywhere : []),
    '',
  ];
}

async function query(config: ConnectionConfig, text: string): Promise<readonly Row[]> {
  const connection = await createConnection({
    ...config,
    multipleStatements: true,
    // The driver gives a busy machine one second.
    connectTimeout: 60_000,
    checkDuplicate: false,
    allowPublicKeyRetrieval: true,
    typeCast: (column) => column.string(),
  });
  // A server that a test stops tells its clients so; the query in flight fails anyway.
  connection.on('error', () => undefined);
  try {
    const result: unknown = await connection.query(text);
    // One result per statement, where there are several: only the array of one result set has the property `meta`.
    const last: unknown = Array.isArray(result) && !('meta' in result) ? result.at(-1) : result;
    return Array.isArray(last) ? (last as readonly Row[]) : [];
  } finally {
    await connection.end();
  }
}

interface Client {
  readonly directory: string;
  readonly socket: string;
  readonly installation: Installation;
  readonly password: string;
}

interface Script {
  readonly database: string | undefined;
  readonly text: string | { readonly file: string };
}

async function runScript(client: Client, { database, text }: Script): Promise<void> {
  const { installation } = client;
  const program = join(installation.binaries, installation.clientPlugins === undefined ? 'mysql' : 'mariadb');
  const plugins = installation.clientPlugins === undefined ? [] : [`--plugin-dir=${installation.clientPlugins}`];
  const args = [
    '--no-defaults',
    `--character-sets-dir=${join(installation.messages, 'charsets')}`,
    ...plugins,
    '--default-character-set=utf8mb4',
    // Routines keep their comments.
    '--comments',
    `--socket=${client.socket}`,
    '--user=root',
    ...(database === undefined ? [] : [`--database=${database}`]),
  ];
  await execa(program, args, {
    ...(typeof text === 'string' ? { input: text } : { inputFile: text.file }),
    extendEnv: false,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', MYSQL_PWD: client.password },
  });
}
