import { connect } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import type { ServerAccess } from '../server-access.ts';
import { connectionFailure, isUnreachable } from './connection-failure.ts';
import type { SessionOptions } from './session.ts';
import { startupSettings } from './session-settings.ts';
import { stopped } from '../stopped.ts';
import { tlsAttempts, type Attempt } from '../tls-attempts.ts';

const jsonTypes = new Set([114, 3802]);

export type DriverClient = Client & {
  readonly processID: number;
  readonly secretKey: number;
  readonly connection: { readonly stream: { destroy(): void } };
};

/** Connects as the TLS mode asks for, one attempt after the other. Throws `source/connect`. */
export async function connectAny(
  server: ServerAccess,
  database: string,
  options: SessionOptions,
): Promise<DriverClient> {
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
  throw connectionFailure({ server, database }, failures);
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

/**
 * A CancelRequest (PostgreSQL manual, "Canceling Requests in Progress"). Nobody answers it; the server takes it without TLS.
 */
export function cancelBackend(server: ServerAccess, client: DriverClient): void {
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
