import { resolve } from 'node:path';
import type { Connection, Tls } from '../base/connection.ts';
import { engineNames, type EngineName } from '../base/engine-name.ts';
import { OperationError } from '../base/operation-error.ts';
import type { ServerAccess } from '../engine/server-access.ts';
import { accessTo, resolveConnection, type Tools } from '../run/tools.ts';
import type { Desired, SecretReference } from '../spec/desired.ts';
import { engineDefaults } from '../spec/engine-defaults.ts';
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

/**
 * Whatever cannot be a name in the spec: a slip in a URL must not become a name, for names are repeated and passwords are
 * not.
 */
const isUrl = (text: string): boolean => !/^[a-z0-9][\w.-]*$/i.test(text);

export interface Destination {
  readonly engine: EngineName;
  readonly access: ServerAccess;
}

/** The server that `--to` names: a target or server of the spec, or a URL. Throws InvalidInput. */
export async function destination(
  options: DestinationOptions,
  at: { readonly desired: Desired | undefined; readonly context: Context; readonly tools: Tools },
): Promise<Destination> {
  const { desired, context, tools } = at;
  const clients = options.clients === undefined ? {} : { clients: resolve(context.cwd, options.clients) };
  if (isUrl(options.to)) {
    const { engine, connection } = parseServerUrl(options.to);
    const password =
      options.toPassword === undefined
        ? undefined
        : await tools.secrets.read(parseReference(options.toPassword, context.cwd));
    const access = {
      name: `${connection.host}:${connection.port}`,
      connection: { ...connection, ...(password === undefined ? {} : { password }) },
      maintenanceDatabase: engineDefaults[engine].maintenanceDatabase,
      ...clients,
    };
    return { engine, access };
  }
  const server = desired?.servers.get(options.to);
  if (server !== undefined)
    return { engine: server.engine, access: { ...(await accessTo(server, tools.secrets)), ...clients } };
  const target = desired?.targets.get(options.to);
  if (target === undefined) throw unknown(options.to, desired);
  if (target.kind !== 'server')
    throw new OperationError(
      'target/unavailable',
      `target ${target.name} is ${target.kind}: it lives only as long as a drill`,
      { hint: 'Restore onto a target with `server:`, onto a server of the spec, or onto a URL.' },
    );
  const access = {
    name: target.name,
    connection: await resolveConnection(target.connection, tools.secrets),
    maintenanceDatabase: target.maintenanceDatabase,
    ...clients,
  };
  return { engine: target.engine, access };
}

function unknown(name: string, desired: Desired | undefined): Error {
  if (desired === undefined)
    return invalidUsage(`--to ${name} is no URL`, `Without a spec, name the server as ${urlForm}.`);
  const known = [...desired.targets.keys(), ...desired.servers.keys()].join(', ');
  return invalidUsage(
    `the spec declares no target or server ${name}`,
    `It declares: ${known}. A URL like ${urlForm} works too.`,
  );
}

const tlsModes: ReadonlySet<string> = new Set(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']);

const urlForm = 'postgresql://USER@HOST:PORT (or mysql://, mariadb://)';

/**
 * `engine://user@host:port?sslmode=…`; a socket as host is percent-encoded (`%2Frun%2Fpostgresql`), as libpq has it
 * (PostgreSQL manual, "Connection URIs"). A password in it is refused: the command line is public on the machine.
 */
export function parseServerUrl(text: string): { readonly engine: EngineName; readonly connection: Connection } {
  const match =
    /^(postgres|postgresql|mysql|mariadb):\/\/(?:([^@/?:]+)(:[^@/?]*)?@)?(\[[^\]]+\]|[^/?:]*)(?::(\d+))?\/?(?:\?(.*))?$/.exec(
      text,
    );
  const engine = match?.[1] === 'postgres' ? 'postgresql' : engineNames.find((name) => name === match?.[1]);
  if (match === null || engine === undefined)
    throw invalidUsage('--to is no usable URL', `Write ${urlForm}, with nothing behind the port but ?sslmode=MODE.`);
  const [, , user, password, host = '', port, query = ''] = match;
  if (password !== undefined)
    throw invalidUsage(
      '--to holds a password, which every user of this machine could read',
      'Use --to-password env:NAME or file:PATH.',
    );
  if (user === undefined || host === '') throw invalidUsage('--to names no user or no host', `Write ${urlForm}.`);
  const parameters = new URLSearchParams(query);
  const stray = [...parameters.keys()].find((name) => name !== 'sslmode' && name !== 'sslrootcert');
  if (stray !== undefined)
    throw invalidUsage(
      `--to has a parameter ${stray}`,
      'There are sslmode and sslrootcert; a password is --to-password.',
    );
  const mode = parameters.get('sslmode') ?? 'prefer';
  if (!tlsModes.has(mode)) throw invalidUsage(`sslmode=${mode} is no TLS mode`, `Modes: ${[...tlsModes].join(', ')}.`);
  const ca = parameters.get('sslrootcert');
  const connection = {
    user: decoded(user),
    host: decoded(host.replace(/^\[|\]$/g, '')),
    port: portOf(port, engine),
    tls: { mode: mode as Tls['mode'], ...(ca === null ? {} : { ca }) },
  };
  return { engine, connection };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalidUsage('--to is no usable URL', 'A percent sign in it is written %25.');
  }
}

function portOf(text: string | undefined, engine: EngineName): number {
  const port = text === undefined ? engineDefaults[engine].port : Number(text);
  if (port < 1 || port > 65_535) throw invalidUsage(`--to has the port ${text}`, 'A port is a number from 1 to 65535.');
  return port;
}

function parseReference(text: string, cwd: string): SecretReference {
  const match = /^(env|file):(.+)$/s.exec(text);
  if (match?.[2] === undefined) throw invalidUsage('--to-password is neither env:NAME nor file:PATH');
  return match[1] === 'env' ? { kind: 'env', name: match[2] } : { kind: 'file', path: resolve(cwd, match[2]) };
}
