import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tls } from '../../base/connection.ts';
import type { ServerAccess } from '../server-access.ts';
import type { Flavour } from './flavour.ts';

export interface OptionFileRequest {
  /** A private directory that outlives the program. */
  readonly directory: string;
  /** Name of the file in it. */
  readonly name: string;
  /** A statement to run first of all, without braces. */
  readonly firstStatement?: string;
}

/**
 * Writes the connection of a client program into a file that only its owner can read, and gives its path, for
 * `--defaults-file=`: a password on the command line would be seen by every user of the machine.
 */
export async function writeOptionFile(
  server: ServerAccess,
  flavour: Flavour,
  request: OptionFileRequest,
): Promise<string> {
  const path = join(request.directory, request.name);
  const lines = Object.entries(connectionOptions(server, flavour, request.firstStatement)).map(([name, value]) =>
    value === true ? name : `${name}=${quoted(value)}`,
  );
  await writeFile(path, `[client]\n${lines.join('\n')}\n`, { mode: 0o600, flag: 'wx' });
  return path;
}

function connectionOptions(
  server: ServerAccess,
  flavour: Flavour,
  statement: string | undefined,
): Readonly<Record<string, string | true>> {
  const { host, port, user, password } = server.connection;
  const isSocket = host.startsWith('/');
  const place = isSocket ? { socket: host } : { host, port: String(port), protocol: 'tcp' };
  return {
    ...place,
    user,
    ...(password === undefined ? {} : { password: password.reveal() }),
    ...(isSocket ? flavour.tlsOptions.disable : tlsOptions(flavour, server.connection.tls)),
    ...(statement === undefined
      ? {}
      : flavour.firstStatement === 'option'
        ? // Programs before 9 know no such option and say so on stderr.
          { 'loose-init-command': statement }
        : // A host that holds `=` is a connection string (Connector/C, mariadb_connect); braces quote a value.
          {
            host: [...flavour.beforeFirst, statement]
              .map((each) => `init-command={${each}};`)
              .concat(isSocket ? `socket=${host}` : `host=${host}`)
              .join(''),
          }),
  };
}

function tlsOptions(flavour: Flavour, tls: Tls): Readonly<Record<string, string | true>> {
  return {
    ...flavour.tlsOptions[tls.mode],
    ...(tls.ca === undefined ? {} : { 'ssl-ca': tls.ca }),
    ...(tls.ca === undefined || tls.mode !== 'require' ? {} : flavour.tlsWithAuthority),
    ...(tls.cert === undefined ? {} : { 'ssl-cert': tls.cert }),
    ...(tls.key === undefined ? {} : { 'ssl-key': tls.key }),
  };
}

/** Within double quotes an option file knows these escapes (MySQL manual, "Using Option Files"). */
const quoted = (value: string): string =>
  `"${value.replace(/[\\"\n\r\t]/g, (character) => escapes[character] ?? character)}"`;

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};
