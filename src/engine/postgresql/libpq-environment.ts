import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../../base/operation-error.ts';
import type { ServerAccess } from '../server-access.ts';
import { programSettings, textSettings } from './session-settings.ts';
import { tlsEnvironment } from './tls-environment.ts';

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
