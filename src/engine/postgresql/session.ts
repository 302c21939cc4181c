import { connect } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Query } from 'pg';
import { OperationError } from '../../base/operation-error.ts';
import type { ServerAccess } from '../server-access.ts';
import { connectionFailure, isUnreachable } from './connection-failure.ts';
import { QueryError, queryError } from './query-error.ts';
import { stopped } from './stopped.ts';
import { tlsAttempts, tlsEnvironment, type Attempt } from './tls.ts';

/** One connection with settings that make text forms comparable and cannot time out. Values come back as text; `json` and `jsonb` parsed. */
export interface Session extends AsyncDisposable {
  /** `server_version_num`: 150018, 180006. */
  readonly versionNumber: number;
  /** Process id of its backend, as `pg_stat_activity` shows it. */
  readonly backend: number;
  /** One statement. Throws a QueryError. */
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Several statements without parameters, results dropped. Throws a QueryError. */
  run(sql: string): Promise<void>;
  /** One `COPY … TO STDOUT`: hands every piece of its output over as it comes, rows in order. Throws a QueryError. */
  copyOut(sql: string, onData: (piece: Buffer) => void): Promise<void>;
}

export interface SessionOptions {
  readonly applicationName?: string;
  /** Cancels what the server is doing for this session and ends it. */
  readonly signal?: AbortSignal;
  /** How long a statement waits for a lock before it fails with `source/lock-timeout`; for ever where absent. */
  readonly lockWaitMs?: number;
  /** Time to connect in; 30 s where absent. */
  readonly connectTimeoutMs?: number;
  /** More settings given at start-up, or others than usual. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Everything that changes how the server writes or reads the text of a value, also inside COPY. Of these, pg_dump sets only
 * DateStyle, IntervalStyle and extra_float_digits by itself (`setup_connection` in pg_dump.c); `quote_all_identifiers` shows in
 * regclass values, `array_nulls` and `xmloption` decide how a text is read. Without spaces: these go through `options`.
 */
export const textSettings: Readonly<Record<string, string>> = {
  timezone: 'UTC',
  datestyle: 'ISO,MDY',
  intervalstyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  xmlbinary: 'base64',
  xmloption: 'content',
  lc_monetary: 'C',
  array_nulls: 'on',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
};

/**
 * Settings given at start-up, before `ALTER DATABASE … SET` and `ALTER ROLE … SET` can act: they win over both
 * (PostgreSQL manual, "Setting Parameters"). `role=none` because a database may have `SET role`.
 */
const startupSettings: Readonly<Record<string, string>> = {
  role: 'none',
  search_path: 'pg_catalog',
  row_security: 'off',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read\\ committed',
  ...textSettings,
};

const programSettings: Readonly<Record<string, string>> = {
  role: 'none',
  default_transaction_read_only: 'off',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
};

/** The same for what only newer servers know; to others an unknown setting is an error. `major` is the server's. */
export const newerSettings = (major: number): string => (major >= 17 ? ' -c transaction_timeout=0' : '');

const jsonTypes = new Set([114, 3802]);

/** Opens a session on one database. The caller disposes it. Throws `source/connect`, transient where trying again may help. */
export async function openSession(
  server: ServerAccess,
  database: string,
  options: SessionOptions = {},
): Promise<Session> {
  if (options.signal?.aborted === true) throw stopped(options.signal);
  const client = await connectAny(server, database, options);
  let abandoned = false;
  const abandon = (): void => {
    abandoned = true;
    cancelBackend(server, client);
    // The cancel request travels on its own socket; ours can go at once.
    client.connection.stream.destroy();
  };
  options.signal?.addEventListener('abort', abandon, { once: true });
  const fail = (error: unknown): never => {
    if (abandoned && options.signal !== undefined) throw stopped(options.signal);
    throw queryError(error, 'a query');
  };
  const session: Omit<Session, 'versionNumber'> = {
    backend: client.processID,
    async query<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
      const result = await client.query<Row>({ text: sql, values: [...values] }).catch(fail);
      return result.rows;
    },
    async run(sql) {
      await client.query(sql).catch(fail);
    },
    async copyOut(sql, onData) {
      await new Promise<void>((resolve, reject) => {
        const copy = new Query({ text: sql }, undefined, (error?: Error | null) => (error ? reject(error) : resolve()));
        // The driver reads COPY data and drops it; this is where it passes by.
        client.query(Object.assign(copy, { handleCopyData: ({ chunk }: { readonly chunk: Buffer }) => onData(chunk) }));
      }).catch(fail);
    },
    async [Symbol.asyncDispose]() {
      options.signal?.removeEventListener('abort', abandon);
      // A session that is gone already is what is wanted.
      await client.end().catch(() => undefined);
    },
  };
  try {
    const rows = await session.query<{ version: string }>(`
      SELECT current_setting('server_version_num') AS version,
        CASE WHEN current_setting('server_version_num')::int >= 170000 THEN set_config('transaction_timeout', '0', false) END`);
    return Object.assign(session, { versionNumber: Number(rows[0]?.version) });
  } catch (error) {
    await session[Symbol.asyncDispose]();
    const { settings = {} } = options;
    // The database's transaction_timeout may have been too short for this one query, and the driver does not always learn
    // why it was cut off. Only servers that know the setting take it at start-up.
    const cutOff = error instanceof QueryError && (error.sqlState === '25P04' || error.sqlState === undefined);
    if (!cutOff || settings['transaction_timeout'] !== undefined) throw error;
    return openSession(server, database, { ...options, settings: { ...settings, transaction_timeout: '0' } }).catch(
      (second: unknown) => {
        throw second instanceof QueryError && second.sqlState === '42704' ? error : second;
      },
    );
  }
}

type DriverClient = Client & {
  readonly processID: number;
  readonly secretKey: number;
  readonly connection: { readonly stream: { destroy(): void } };
};

async function connectAny(server: ServerAccess, database: string, options: SessionOptions): Promise<DriverClient> {
  const failures: unknown[] = [];
  for (const ssl of await tlsAttempts(server.connection)) {
    const client = newClient(server, database, { ...options, ssl });
    const abandon = (): void => void client.connection.stream.destroy();
    options.signal?.addEventListener('abort', abandon, { once: true });
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (options.signal?.aborted === true) throw stopped(options.signal);
      failures.push(error);
      if (isUnreachable(error)) break;
    } finally {
      options.signal?.removeEventListener('abort', abandon);
    }
  }
  throw connectionFailure(server, database, failures);
}

function newClient(
  server: ServerAccess,
  database: string,
  options: SessionOptions & { readonly ssl: Attempt },
): DriverClient {
  const { host, port, user, password } = server.connection;
  const client = new Client({
    host,
    port,
    user,
    database,
    ssl: options.ssl,
    // A function: a value would be kept readable on the object, and an absent one would fall back to PGPASSWORD.
    password: () => password?.reveal() ?? '',
    application_name: options.applicationName ?? 'holdfast',
    connectionTimeoutMillis: options.connectTimeoutMs ?? 30_000,
    keepAlive: true,
    options: Object.entries({ ...startupSettings, lock_timeout: String(options.lockWaitMs ?? 0), ...options.settings })
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    types: {
      getTypeParser: (type: number) =>
        jsonTypes.has(type) ? (text: string): unknown => JSON.parse(text) : (text: string) => text,
    },
  }) as DriverClient;
  // Without a listener a dropped connection would end the process. The next query reports it.
  client.on('error', () => undefined);
  return client;
}

/** A CancelRequest (PostgreSQL manual, "Canceling Requests in Progress"). Nobody answers it; the server takes it without TLS. */
function cancelBackend(server: ServerAccess, client: DriverClient): void {
  const { host, port } = server.connection;
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(80_877_102, 4);
  request.writeInt32BE(client.processID, 8);
  request.writeInt32BE(client.secretKey, 12);
  const socket = host.startsWith('/') ? connect(join(host, `.s.PGSQL.${port}`)) : connect(port, host);
  socket.on('error', () => undefined);
  socket.setTimeout(5_000, () => socket.destroy());
  socket.end(request);
}

/**
 * The environment that makes a client program connect as `openSession` does. Names and passwords go this way and never
 * by argv, where a database named `x host=evil` would be parsed (PostgreSQL manual, libpq "Environment Variables").
 * Writes the password file (mode 0600) into `scratch`, a private directory that the caller removes.
 */
export async function libpqEnvironment(
  server: ServerAccess,
  database: string,
  scratch: string,
): Promise<Readonly<Record<string, string>>> {
  const { host, port, user, password } = server.connection;
  const secret = password?.reveal();
  if (secret !== undefined && /[\n\r\0]/.test(secret)) {
    throw new OperationError(
      'source/connect',
      `the password for ${server.name} holds a line break, which a password file cannot carry`,
      {
        hint: 'Remove the line break at the end of the secret, or give the role another password.',
      },
    );
  }
  const passfile = join(scratch, 'pgpass');
  if (secret !== undefined) await writeFile(passfile, `*:*:*:*:${secret.replace(/[\\:]/g, '\\$&')}\n`, { mode: 0o600 });
  return {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGDATABASE: database,
    PGPASSFILE: secret === undefined ? '/dev/null' : passfile,
    ...(await tlsEnvironment(server.connection, scratch)),
    PGGSSENCMODE: 'disable',
    PGCONNECT_TIMEOUT: '30',
    PGAPPNAME: 'holdfast',
    PGCLIENTENCODING: 'UTF8',
    PGTZ: 'UTC',
    // Settings of the database or the role must not change what a program does: `SET role`, a read-only default, time-outs.
    PGOPTIONS: Object.entries({ ...programSettings, ...textSettings })
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  };
}
