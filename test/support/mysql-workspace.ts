import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DesiredTarget } from '../../src/spec/desired.ts';
import type { TestMysql } from './mysql.ts';

/** A server of the spec, reached as root through its socket. Its password lies in a file beside the socket. */
export async function declaredMysql(server: TestMysql): Promise<object> {
  const { engine, socket, user, binaries } = server;
  return { engine, host: socket, user, password: { file: await passwordFile(server) }, clients: binaries };
}

/** The same as a target. */
export async function mysqlTarget(server: TestMysql, more: object = { disposable: true }): Promise<object> {
  const { engine, clients: _, ...place } = (await declaredMysql(server)) as Record<string, unknown>;
  return { engine, server: { ...place, ...more } };
}

/** A drill target from the same binaries as the server's. */
export const localMysqlTarget = ({ engine, binaries }: TestMysql): object => ({ engine, local: { binaries } });

/** A disposable server as a drill inside this process takes it. */
export async function disposableMysql(server: TestMysql): Promise<DesiredTarget> {
  const { engine, socket: host, port, user } = server;
  const password = { kind: 'file', path: await passwordFile(server) } as const;
  return {
    kind: 'server',
    name: 'spare',
    engine,
    connection: { host, port, user, password, tls: { mode: 'disable' } },
    maintenanceDatabase: 'information_schema',
    disposable: true,
    place: { file: 'backup.yaml', line: 1, column: 1, endColumn: 1 },
  };
}

export async function passwordFile(server: TestMysql): Promise<string> {
  const path = join(dirname(server.socket), 'root.password');
  await writeFile(path, server.password, { mode: 0o600 });
  return path;
}
