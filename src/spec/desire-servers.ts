import { dirname, resolve } from 'node:path';
import type { Tls } from '../base/connection.ts';
import { namesDirectory, namesNoDirectory } from '../base/directory-name.ts';
import type { EngineName } from '../base/engine-name.ts';
import type {
  Desired,
  DesiredConnection,
  DesiredRepository,
  DesiredServer,
  DesiredTarget,
  SecretReference,
} from './desired.ts';
import { conflict, type Desire } from './desire.ts';
import { engineDefaults } from './engine-defaults.ts';
import type { Secret, Server, Target, Tls as TlsDocument } from './spec-document.gen.ts';
import type { SpecPath } from './spec-text.ts';

/** Everything that is declared by name and has no policy. */
export function desireServers(context: Desire): Pick<Desired, 'repositories' | 'servers' | 'targets' | 'digestKey'> {
  const { document } = context;
  const repositories = new Map<string, DesiredRepository>();
  for (const [name, { type, path }] of Object.entries(document.repositories)) {
    if (!namesDirectory(path)) {
      const summary = `the repository ${name} names no directory`;
      context.report({
        path: ['repositories', name, 'path'],
        at: 'value',
        severity: 'error',
        code: 'spec/bad-value',
        summary,
        label: 'no path of a directory',
        help: namesNoDirectory,
      });
    }
    const absolute = fromSpec(context, path);
    const other = [...repositories.values()].find((each) => each.path === absolute);
    if (other) {
      const summary = `the repositories ${other.name} and ${name} have the same path`;
      context.report(conflict(['repositories', name, 'path'], { summary, label: `also the path of ${other.name}` }));
    }
    repositories.set(name, { name, type, path: absolute, place: context.place(['repositories', name]) });
  }

  const servers = new Map<string, DesiredServer>();
  for (const [name, server] of Object.entries(document.servers)) {
    const path = ['servers', name];
    servers.set(name, {
      ...connectionOf(context, server, { engine: server.engine, path }),
      name,
      engine: server.engine,
      maintenanceDatabase: maintenanceDatabaseOf(context, server, { engine: server.engine, path }),
      ...(server.clients !== undefined && { clients: fromSpec(context, server.clients) }),
      parallel: server.parallel ?? 1,
      lockInstance: lockInstanceOf(context, server, path),
      place: context.place(path),
    });
  }

  const targets = new Map<string, DesiredTarget>();
  for (const [name, target] of Object.entries(document.targets ?? {})) {
    const desired = targetOf(context, name, target);
    if (desired === undefined) continue;
    targets.set(name, desired);
    if (desired.kind !== 'server') continue;
    const { host, port } = desired.connection;
    const source = [...servers.values()].find((server) => server.host === host && server.port === port);
    if (source) {
      const summary = `the target ${name} is the source server ${source.name}`;
      const help = 'Restores and drills write to a target. Name another server.';
      context.report(conflict(['targets', name, 'server', 'host'], { summary, label: 'also a source', help }));
    }
  }
  return {
    repositories,
    servers,
    targets,
    ...(document.digestKey && { digestKey: secretOf(context, document.digestKey, ['digestKey']) }),
  };
}

/** Relative paths count from the spec's folder. */
export function fromSpec(context: Desire, path: string): string {
  return resolve(dirname(context.file), path);
}

/** The schema lets exactly one of the two keys through. */
export function secretOf(context: Desire, secret: Secret, path: SpecPath): SecretReference {
  if (secret.env !== undefined) return { kind: 'env', name: secret.env };
  const file = fromSpec(context, secret.file ?? '');
  context.noteSecretFile([...path, 'file'], file);
  return { kind: 'file', path: file };
}

function targetOf(context: Desire, name: string, target: Target): DesiredTarget | undefined {
  const base = { name, engine: target.engine, place: context.place(['targets', name]) };
  if (target.local)
    return {
      ...base,
      kind: 'local',
      ...(target.local.binaries !== undefined && { binaries: fromSpec(context, target.local.binaries) }),
    };
  if (target.container)
    return {
      ...base,
      kind: 'container',
      ...(target.container.image !== undefined && { image: target.container.image }),
    };
  if (!target.server) return undefined;
  const path = ['targets', name, 'server'];
  return {
    ...base,
    kind: 'server',
    connection: connectionOf(context, target.server, { engine: target.engine, path }),
    maintenanceDatabase: maintenanceDatabaseOf(context, target.server, { engine: target.engine, path }),
    disposable: target.server.disposable ?? false,
  };
}

interface Declared {
  readonly engine: EngineName;
  readonly path: SpecPath;
}

function maintenanceDatabaseOf(
  context: Desire,
  { maintenanceDatabase }: Pick<Server, 'maintenanceDatabase'>,
  { engine, path }: Declared,
): string {
  const defaults = engineDefaults[engine];
  if (maintenanceDatabase !== undefined && !defaults.choosesMaintenanceDatabase) {
    const summary = `${engine} servers have no maintenance database`;
    context.report(
      conflict([...path, 'maintenanceDatabase'], { summary, label: 'sessions need none', help: 'Remove the line.' }),
    );
  }
  return maintenanceDatabase ?? defaults.maintenanceDatabase;
}

function lockInstanceOf(context: Desire, { engine, lockInstance }: Server, path: SpecPath): boolean {
  if (lockInstance !== undefined && !engineDefaults[engine].locksInstance) {
    const summary = `${engine} servers have no LOCK INSTANCE FOR BACKUP`;
    context.report(conflict([...path, 'lockInstance'], { summary, label: 'MySQL only', help: 'Remove the line.' }));
  }
  return lockInstance ?? false;
}

function connectionOf(
  context: Desire,
  server: Pick<Server, 'host' | 'port' | 'user' | 'password' | 'tls'>,
  { engine, path }: Declared,
): DesiredConnection {
  const isSocket = /^\.{0,2}\//.test(server.host);
  if (isSocket) checkSocket(context, server, path);
  else checkHost(context, server.host, path);
  return {
    host: isSocket ? fromSpec(context, server.host) : server.host,
    port: server.port ?? engineDefaults[engine].port,
    user: server.user,
    ...(server.password && { password: secretOf(context, server.password, [...path, 'password']) }),
    tls: server.tls ? tlsOf(context, server.tls, [...path, 'tls']) : { mode: isSocket ? 'disable' : 'prefer' },
  };
}

/** An IPv6 address has two colons or more, and brackets only where a port follows. */
function checkHost(context: Desire, host: string, path: SpecPath): void {
  const [, name, port] = /^\[([^\]]*)\]:?(\d*)$/.exec(host) ?? /^([^:]+):(\d*)$/.exec(host) ?? [];
  if (name === undefined) return;
  context.report({
    path: [...path, 'host'],
    at: 'value',
    severity: 'error',
    code: 'spec/bad-value',
    summary: host.startsWith('[') ? 'host has brackets' : 'host names a port as well',
    label: 'a host alone',
    help: `Write host: ${name.includes(':') ? `'${name}'` : name}, port: ${port === '' || port === undefined ? 'NUMBER' : port}.`,
  });
}

/**
 * Nothing is encrypted there: libpq never does, whatever sslmode says (PostgreSQL manual, "Database Connection Control
 * Functions", sslmode), and the driver of the others does as libpq.
 */
function checkSocket(context: Desire, server: Pick<Server, 'host' | 'port' | 'tls'>, path: SpecPath): void {
  const mode = server.tls?.mode;
  if (mode !== undefined && !['disable', 'allow', 'prefer'].includes(mode)) {
    const summary = `tls mode ${mode} cannot hold over a Unix socket`;
    context.report(conflict([...path, 'tls', 'mode'], { summary, label: 'host is a socket' }));
  }
}

function tlsOf(context: Desire, tls: TlsDocument, path: SpecPath): Tls {
  if (tls.mode.startsWith('verify') && tls.ca === undefined) {
    context.report({
      path: [...path, 'mode'],
      at: 'value',
      severity: 'error',
      code: 'spec/missing-property',
      summary: 'missing property "ca"',
      label: `${tls.mode} needs "ca"`,
      help: 'Name the PEM file with the authorities to trust.',
    });
  }
  if (tls.mode === 'disable' && (tls.ca ?? tls.cert) !== undefined) {
    const summary = 'certificates are given, but tls is disabled';
    context.report(conflict([...path, 'mode'], { summary, label: 'no certificate is ever looked at' }));
  }
  return {
    mode: tls.mode,
    ...(tls.ca !== undefined && { ca: fromSpec(context, tls.ca) }),
    ...(tls.cert !== undefined && { cert: fromSpec(context, tls.cert) }),
    ...(tls.key !== undefined && { key: fromSpec(context, tls.key) }),
  };
}
