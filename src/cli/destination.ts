import { resolve } from 'node:path';
import type { Connection, Tls } from '../base/connection.ts';
import { OperationError } from '../base/operation-error.ts';
import type { ServerAccess } from '../engine/server-access.ts';
import { accessTo, resolveConnection, type Tools } from '../run/tools.ts';
import type { Desired, SecretReference } from '../spec/desired.ts';
import type { Context } from './context.ts';
import { invalidUsage } from './invalid-input.ts';

interface DestinationOptions {
  readonly to: string;
  readonly toPassword: string | undefined;
  readonly clients: string | undefined;
}

/** Finds what is wrong with the words alone, before anything is opened or read. Throws InvalidInput. */
export function checkDestination(options: DestinationOptions, cwd: string): void {
  if (isUrl(options.to)) parseServerUrl(options.to);
  if (options.toPassword !== undefined) parseReference(options.toPassword, cwd);
}

const isUrl = (text: string): boolean => /^postgres(ql)?:\/\//.test(text);

/** The server that `--to` names: a target or server of the spec, or a URL. Throws InvalidInput. */
export async function destination(
  options: DestinationOptions,
  at: { readonly desired: Desired | undefined; readonly context: Context; readonly tools: Tools },
): Promise<ServerAccess> {
  const { desired, context, tools } = at;
  const clients = options.clients === undefined ? {} : { clients: resolve(context.cwd, options.clients) };
  if (isUrl(options.to)) {
    const connection = parseServerUrl(options.to);
    const password =
      options.toPassword === undefined
        ? undefined
        : await tools.secrets.read(parseReference(options.toPassword, context.cwd));
    return {
      name: `${connection.host}:${connection.port}`,
      connection: { ...connection, ...(password === undefined ? {} : { password }) },
      maintenanceDatabase: 'postgres',
      ...clients,
    };
  }
  const server = desired?.servers.get(options.to);
  if (server !== undefined) return { ...(await accessTo(server, tools.secrets)), ...clients };
  const target = desired?.targets.get(options.to);
  if (target === undefined) throw unknown(options.to, desired);
  if (target.kind !== 'server')
    throw new OperationError(
      'target/unavailable',
      `target ${target.name} is ${target.kind}: it lives only as long as a drill`,
      { hint: 'Restore onto a target with `server:`, onto a server of the spec, or onto a postgresql:// URL.' },
    );
  return {
    name: target.name,
    connection: await resolveConnection(target.connection, tools.secrets),
    maintenanceDatabase: target.maintenanceDatabase,
    ...clients,
  };
}

function unknown(name: string, desired: Desired | undefined): Error {
  if (desired === undefined)
    return invalidUsage(`--to ${name} is no URL`, 'Without a spec, name the server as postgresql://USER@HOST:PORT.');
  const known = [...desired.targets.keys(), ...desired.servers.keys()].join(', ');
  return invalidUsage(
    `the spec declares no target or server ${name}`,
    `It declares: ${known}. A URL like postgresql://USER@HOST:PORT works too.`,
  );
}

const tlsModes: ReadonlySet<string> = new Set(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']);

/**
 * `postgresql://user@host:port?sslmode=…`; a socket directory as host is percent-encoded (`%2Frun%2Fpostgresql`), as libpq has
 * it (PostgreSQL manual, "Connection URIs"). A password in it is refused: the command line is public on the machine.
 */
export function parseServerUrl(text: string): Connection {
  const match = /^postgres(?:ql)?:\/\/(?:([^@/?:]+)(:[^@/?]*)?@)?(\[[^\]]+\]|[^/?:]*)(?::(\d+))?\/?(?:\?(.*))?$/.exec(
    text,
  );
  if (match === null)
    throw invalidUsage(
      '--to is no usable URL',
      'Write postgresql://USER@HOST:PORT, with nothing behind the port but ?sslmode=MODE.',
    );
  const [, user, password, host = '', port = '5432', query = ''] = match;
  if (password !== undefined)
    throw invalidUsage(
      '--to holds a password, which every user of this machine could read',
      'Use --to-password env:NAME or file:PATH.',
    );
  if (user === undefined || host === '')
    throw invalidUsage('--to names no user or no host', 'Write postgresql://USER@HOST:PORT.');
  const parameters = new URLSearchParams(query);
  const mode = parameters.get('sslmode') ?? 'prefer';
  if (!tlsModes.has(mode)) throw invalidUsage(`sslmode=${mode} is no TLS mode`, `Modes: ${[...tlsModes].join(', ')}.`);
  const ca = parameters.get('sslrootcert');
  return {
    user: decodeURIComponent(user),
    host: decodeURIComponent(host.replace(/^\[|\]$/g, '')),
    port: Number(port),
    tls: { mode: mode as Tls['mode'], ...(ca === null ? {} : { ca }) },
  };
}

function parseReference(text: string, cwd: string): SecretReference {
  const match = /^(env|file):(.+)$/s.exec(text);
  if (match?.[2] === undefined) throw invalidUsage('--to-password is neither env:NAME nor file:PATH');
  return match[1] === 'env' ? { kind: 'env', name: match[2] } : { kind: 'file', path: resolve(cwd, match[2]) };
}
