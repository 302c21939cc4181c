import { createConnection, type Connection as Driver, type ConnectionConfig } from 'mariadb';
import type { ServerAccess } from '../server-access.ts';
import { connectionFailure } from './connection-failure.ts';
import { versionNumberOf, type Flavour } from './flavour.ts';
import { queryError } from './query-error.ts';
import { stopped } from '../stopped.ts';
import { tlsAttempts, type Attempt } from '../tls-attempts.ts';

/**
 * One connection with settings that make text forms comparable and cannot time out. Every value comes back as text, NULL as
 * null.
 */
export interface Session extends AsyncDisposable {
  /** As the server says it, without what a distribution adds: `9.7.0`, `11.8.3`. */
  readonly version: string;
  readonly versionNumber: number;
  /** The connection's id, as `information_schema.processlist` shows it. */
  readonly connectionId: number;
  /** One statement; its rows by column name. Statements of one session run one after another. Throws a QueryError. */
  query<Row extends object = Readonly<Record<string, string | null>>>(
    sql: string,
    values?: readonly (string | number | null)[],
  ): Promise<readonly Row[]>;
  /** One statement, result dropped. Throws a QueryError. */
  run(sql: string): Promise<void>;
}

export interface SessionOptions {
  /** Default database; none where absent. */
  readonly database?: string;
  /** Ends what the server is doing for this session, and the session. */
  readonly signal?: AbortSignal;
  /** How long a statement waits for a metadata or row lock before it fails with `source/lock-timeout`; a year where absent. */
  readonly lockWaitMs?: number;
  /** Time to connect in; 30 s where absent. */
  readonly connectTimeoutMs?: number;
}

const yearSeconds = 31_536_000;

/** Under whatever name the series has the variable: a server may begin every transaction read-only. */
export const readWrite = 'SET SESSION TRANSACTION READ WRITE';

/** What `sql_select_limit` is where there is no limit (manual, "Server System Variables"). */
export const allRows = '18446744073709551615';

/**
 * Everything that changes how text is written, read or cut, and every limit that could end a long session. An empty sql_mode:
 * ANSI_QUOTES would change the text of SHOW CREATE, NO_BACKSLASH_ESCAPES that of literals.
 */
const settings: readonly string[] = [
  "SET NAMES utf8mb4, SESSION sql_mode = '', SESSION time_zone = '+00:00', SESSION sql_quote_show_create = 1",
  // What is wrong with a view is said in a message.
  "SET SESSION lc_messages = 'en_US'",
  `SET SESSION wait_timeout = ${yearSeconds}, SESSION net_read_timeout = 3600, SESSION net_write_timeout = 3600`,
  'SET SESSION group_concat_max_len = 1073741824',
  readWrite,
  // A server that limits it for everybody would hide tables and accounts without a word.
  `SET SESSION sql_select_limit = ${allRows}`,
];

/** Opens a session. The caller disposes it. Throws `source/connect`, transient where trying again may help. */
export async function openSession(
  server: ServerAccess,
  flavour: Flavour,
  options: SessionOptions = {},
): Promise<Session> {
  if (options.signal?.aborted === true) throw stopped(options.signal);
  const driver = await connectAny(server, options);
  const unanswered = new Set<(error: Error) => void>();
  const abandon = (): void => {
    driver.destroy();
    // A query to a server that stands still is never answered, not even by the driver that gave it up.
    for (const reject of unanswered) reject(new Error('the session was given up'));
  };
  options.signal?.addEventListener('abort', abandon, { once: true });
  const ask = async (sql: string, values: readonly unknown[] = []): Promise<unknown> => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    unanswered.add(reject);
    try {
      driver.query({ sql, typeCast: (column) => column.string() }, [...values]).then(resolve, reject);
      return await promise;
    } catch (error) {
      if (options.signal?.aborted === true) throw stopped(options.signal);
      throw queryError(error, 'a query');
    } finally {
      unanswered.delete(reject);
    }
  };
  const session = {
    connectionId: driver.threadId ?? 0,
    async query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]> {
      const rows = await ask(sql, values);
      return Array.isArray(rows) ? (rows as Row[]) : [];
    },
    async run(sql: string): Promise<void> {
      await ask(sql);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      options.signal?.removeEventListener('abort', abandon);
      // A farewell would wait behind what is unanswered, and a server that stands still never answers.
      if (unanswered.size > 0) driver.destroy();
      // A session that is gone already is what is wanted.
      else await driver.end().catch(() => driver.destroy());
    },
  };
  try {
    for (const sql of [...settings, ...flavour.sessionSettings]) await session.run(sql);
    const seconds = options.lockWaitMs === undefined ? yearSeconds : Math.max(1, Math.ceil(options.lockWaitMs / 1000));
    await session.run(
      `SET SESSION lock_wait_timeout = ${seconds}, SESSION innodb_lock_wait_timeout = ${Math.min(seconds, 1_073_741_824)}`,
    );
    const [row] = await session.query<{ version: string }>('SELECT VERSION() AS version');
    const version = /^[\d.]+/.exec(row?.version ?? '')?.[0] ?? '';
    return Object.assign(session, { version, versionNumber: versionNumberOf(version) });
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

async function connectAny(server: ServerAccess, options: SessionOptions): Promise<Driver> {
  const failures: unknown[] = [];
  for (const ssl of await tlsAttempts(server.connection)) {
    try {
      const driver = await createConnection(configuration(server, ssl, options));
      // Without a listener a dropped connection would end the process. The next query reports it.
      driver.on('error', () => undefined);
      if (options.signal?.aborted === true) {
        driver.destroy();
        throw stopped(options.signal);
      }
      return driver;
    } catch (error) {
      if (options.signal?.aborted === true) throw stopped(options.signal);
      failures.push(error);
    }
  }
  throw connectionFailure(server, failures);
}

function configuration(server: ServerAccess, ssl: Attempt, options: SessionOptions): ConnectionConfig {
  const { host, port, user, password } = server.connection;
  return {
    ...(host.startsWith('/') ? { socketPath: host } : { host, port }),
    user,
    ...(password === undefined ? {} : { password: password.reveal() }),
    ...(options.database === undefined ? {} : { database: options.database }),
    // The driver's type leaves out what it hands on to tls.connect all the same.
    ssl: ssl as NonNullable<ConnectionConfig['ssl']>,
    connectTimeout: options.connectTimeoutMs ?? 30_000,
    // Without TLS, caching_sha2_password sends the password under the server's public key (MySQL manual, "Caching SHA-2").
    allowPublicKeyRetrieval: true,
    checkDuplicate: false,
    keepAliveDelay: 60_000,
    // A server must not be able to ask for our files.
    permitLocalInfile: false,
    connectAttributes: { program_name: 'holdfast' },
  };
}
