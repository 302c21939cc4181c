import { Query } from 'pg';
import type { ServerAccess } from '../server-access.ts';
import { poolerBetween } from './connection-failure.ts';
import { cancelBackend, connectAny } from './driver-client.ts';
import { QueryError, queryError } from './query-error.ts';
import { stopped } from '../stopped.ts';

/**
 * One connection with settings that make text forms comparable and cannot time out. Values come back as text; `json` and
 * `jsonb` parsed.
 */
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
  /** Hears what the server warns of. */
  readonly onWarning?: (message: string) => void;
  /** More settings given at start-up, or others than usual. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** How long a server may take to end a session that was asked to. */
const farewellMs = 5_000;

/**
 * Opens a session on one database. The caller disposes it. Throws `source/connect`, transient where trying again may help;
 * also where a connection pooler is in between.
 */
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
  client.on('notice', ({ severity, message }) => {
    if (severity === 'WARNING' && message !== undefined) options.onWarning?.(message);
  });
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
      // A server that stands still never closes its end.
      const late = setTimeout(() => client.connection.stream.destroy(), farewellMs);
      // A session that is gone already is what is wanted.
      await client.end().catch(() => undefined);
      clearTimeout(late);
    },
  };
  try {
    const [row] = await session.query<{ version: string; backend: string }>(`
      SELECT current_setting('server_version_num') AS version, pg_backend_pid() AS backend,
        CASE WHEN current_setting('server_version_num')::int >= 170000 THEN set_config('transaction_timeout', '0', false) END`);
    if (Number(row?.backend) !== client.processID) throw poolerBetween(server);
    return Object.assign(session, { versionNumber: Number(row?.version) });
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
