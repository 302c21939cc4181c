import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import type { Connection } from '../../src/base/connection.ts';
import { postgresqlLocalRecipe } from '../../src/engine/postgresql/local-recipe.ts';
import { localTarget } from '../../src/target/local/local.ts';
import { leaseRequest } from '../conformance/target.ts';
import { binariesOf, majors } from '../support/postgresql-majors.ts';

const [major = 0] = majors;
const series = String(major);
const target = localTarget({ name: 'local', binaries: binariesOf(major) ?? '' }, postgresqlLocalRecipe);
const root = process.getuid?.() === 0;

describe('a local server', () => {
  test.each(['--x', `a"b'c$$d\\e\nf`, 'É name', 'all'])('has the bootstrap role %j', async (bootstrapRole) => {
    await using lease = await target.lease(leaseRequest(series, { bootstrapRole }));
    await using client = await connect(lease.connection, 'postgres');
    const { rows } = await client.query('SELECT session_user::text AS me, pg_get_userbyid(10)::text AS chief');
    expect(rows).toEqual([{ me: bootstrapRole, chief: bootstrapRole }]);
  });

  test('refuses a bootstrap role that PostgreSQL cannot have', async () => {
    await expect(target.lease(leaseRequest(series, { bootstrapRole: 'pg_chief' }))).rejects.toMatchObject({
      code: 'target/unavailable',
    });
  });

  test('preloads what is installed, and notes what is not', async () => {
    const settings = {
      shared_preload_libraries: 'pg_stat_statements, "no such, library"',
      max_locks_per_transaction: '777',
    };
    await using lease = await target.lease(leaseRequest(series, { settings }));
    await using client = await connect(lease.connection, 'postgres');
    const { rows } = await client.query<{ name: string; setting: string }>(
      `SELECT name, setting FROM pg_settings WHERE name IN ('shared_preload_libraries', 'max_locks_per_transaction', 'listen_addresses') ORDER BY name`,
    );
    expect(rows.map(({ setting }) => setting)).toEqual(['', '777', 'pg_stat_statements']);
    expect(lease.notes).toContain('not preloaded because not installed: no such, library');
  });

  test('says what to install where the major version is missing', async () => {
    await expect(localTarget({ name: 'local' }, postgresqlLocalRecipe).lease(leaseRequest('9'))).rejects.toMatchObject({
      code: 'target/unavailable',
      hint: expect.stringContaining('postgresql-9'),
    });
  });
});

describe.runIf(root)('a program that SQL of a backup starts on a local server', () => {
  test('writes no file on this machine, sees no process of it and reaches no network', async () => {
    const name = `holdfast-canary-${randomBytes(6).toString('hex')}`;
    const places = ['/tmp', '/var/tmp', '/dev/shm', '/run', '/var/lib', process.cwd()].map(
      (place) => `${place}/${name}`,
    );
    await using listening = await listen(0, '127.0.0.1');
    await using lease = await target.lease(leaseRequest(series));
    expect(lease.isolation).toBe('namespaces');
    await using client = await connect(lease.connection, 'postgres');
    const output = (command: string): Promise<readonly string[]> => outputOf(client, command);

    expect(lease.notes).toEqual([]);

    // The program ran, so that what it did not reach means something.
    expect(
      await output(`for file in ${places.join(' ')}; do echo canary >$file && echo wrote; done 2>/dev/null; echo ran`),
    ).toContain('wrote');
    for (const place of places) expect(existsSync(place)).toBe(false);

    const processes = await output('cat /proc/[0-9]*/comm');
    expect(processes).toContain('postgres');
    expect(processes).not.toContain('node');

    const reach = `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${listening.port}' 2>/dev/null && echo reached || echo refused`;
    expect(await output(reach)).toEqual(['refused']);
    expect(listening.connections()).toBe(0);

    expect(await output(`grep -E '^(Cap(Prm|Eff|Bnd)|NoNewPrivs)' /proc/self/status | tr -d '\\t '`)).toEqual([
      'CapPrm:0000000000000000',
      'CapEff:0000000000000000',
      'CapBnd:0000000000000000',
      'NoNewPrivs:1',
    ]);
  });

  test('reaches no Unix socket of this machine, wherever it is and whoever may connect to it', async () => {
    await using lease = await target.lease(leaseRequest(series));
    await using client = await connect(lease.connection, 'postgres');
    const reach = (socket: string): Promise<readonly string[]> =>
      outputOf(
        client,
        `perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); print connect(S, sockaddr_un($ARGV[0])) ? "reached" : "refused"' ${socket}`,
      );
    // Its own one, so that the program can do it at all.
    expect(await reach('/run/holdfast/socket/.s.PGSQL.5432')).toEqual(['reached']);
    for (const place of ['/var/lib', '/srv', '/opt', '/usr/local', '/tmp', process.cwd()]) {
      await using directory = await openDirectory(place);
      const path = join(directory.path, 'production');
      await using listening = await listen(path);
      await chmod(path, 0o777);
      expect(await reach(path), place).toEqual(['refused']);
      expect(listening.connections()).toBe(0);
    }
  });

  test('sees of this machine only what a server needs, and may write to none of it', async () => {
    await using lease = await target.lease(leaseRequest(series));
    await using client = await connect(lease.connection, 'postgres');
    expect(await outputOf(client, 'ls -A /')).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(boot|home|media|mnt|opt|root|srv|sys|old)$/)]),
    );
    expect(await outputOf(client, 'ls -A /etc')).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(shadow|ssl|ssh|postgresql|hostname|machine-id)$/)]),
    );
    const mounts = (await outputOf(client, 'cut -d" " -f2,4 /proc/mounts')).map((line) => line.split(' '));
    const writable = mounts.filter(([, options]) => !(options ?? '').split(',').includes('ro')).map(([point]) => point);
    expect(writable.sort()).toEqual(['/dev/shm', '/proc', '/run/holdfast', '/tmp', '/var/tmp']);
  });
});

async function connect(connection: Connection, database: string): Promise<pg.Client & AsyncDisposable> {
  const { host, port, user, password } = connection;
  const client = new pg.Client({ host, port, user, database, ...(password && { password: password.reveal() }) });
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

/** What a program prints that the server starts, line by line. */
async function outputOf(client: pg.Client, command: string): Promise<readonly string[]> {
  await client.query('CREATE TEMP TABLE IF NOT EXISTS output (line text); TRUNCATE output');
  await client.query(`COPY output FROM PROGRAM '${command.replaceAll("'", "''")}' WITH (DELIMITER E'\\x01')`);
  return (await client.query<{ line: string }>('SELECT line FROM output')).rows.map(({ line }) => line);
}

/** A directory that everyone may pass through. */
async function openDirectory(place: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(place, 'holdfast-canary-'));
  await chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function listen(
  ...where: [string] | [number, string]
): Promise<{ port: number; connections(): number } & AsyncDisposable> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  if (where.length === 1) server.listen(where[0]);
  else server.listen(where[0], where[1]);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}
