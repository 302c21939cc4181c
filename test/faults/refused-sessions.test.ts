import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { flavours as kinds } from '../../src/engine/mysql/flavour.ts';
import { openSession as openMysql } from '../../src/engine/mysql/session.ts';
import { openSession } from '../../src/engine/postgresql/session.ts';
import { flavours, startMysql } from '../support/mysql.ts';
import { majors, startPostgresql } from '../support/postgresql.ts';

type AnySession = AsyncDisposable & { query(sql: string): Promise<unknown> };

/** Opens sessions until the server has none left; what it says to the next one. */
async function fill(open: () => Promise<AnySession>): Promise<{ held: AnySession[]; refusal: unknown }> {
  const held: AnySession[] = [];
  for (;;) {
    try {
      held.push(await open());
    } catch (refusal) {
      return { held, refusal };
    }
  }
}

/** How a full server, then one that is gone, fails who comes and then who was there. */
async function failures(open: () => Promise<AnySession>, stop: () => Promise<void>): Promise<readonly unknown[]> {
  const { held, refusal } = await fill(open);
  await stop();
  const { refusal: gone } = await fill(open);
  const lost: unknown[] = [];
  for (const session of held) {
    lost.push(await session.query('SELECT 1').catch((error: unknown) => error));
    await session[Symbol.asyncDispose]();
  }
  return [refusal, gone, ...lost];
}

const transient = { code: 'source/connect', transient: true };

test.for(majors)('sessions that PostgreSQL %i does not take now are worth another try', async (major) => {
  const settings = { max_connections: '4', superuser_reserved_connections: '0', max_wal_senders: '0' };
  await using server = await startPostgresql({ major, settings });
  const [full, ...others] = await failures(
    () => openSession(server.access(), 'postgres'),
    () => server.stop(),
  );
  expect(full).toMatchObject({ ...transient, sqlState: '53300' });
  expect(others.length).toBeGreaterThan(2);
  for (const other of others) expect(other).toMatchObject(transient);
});

test.for(flavours)('sessions that $engine $version does not take now are worth another try', async (flavour) => {
  await using server = await startMysql({ ...flavour, settings: { 'max-connections': '10' } });
  const [full, ...others] = await failures(
    () => openMysql(server.access(), kinds[flavour.engine]),
    () => server.stop(),
  );
  expect(full).toMatchObject({ ...transient, errno: 1040 });
  expect(others.length).toBeGreaterThan(2);
  for (const other of others) expect(other).toMatchObject(transient);
});

/** What a server that is going down or has no process left does to who comes. */
const ends: readonly (readonly [string, (socket: Socket) => void])[] = [
  ['closes at once', (socket) => socket.end()],
  ['resets at once', (socket) => socket.resetAndDestroy()],
  ['closes at the first packet', (socket) => socket.once('data', () => socket.end())],
  ['resets at the first packet', (socket) => socket.once('data', () => socket.resetAndDestroy())],
  [
    'closes within the handshake',
    (socket) =>
      socket.once('data', () => {
        socket.write('S');
        socket.once('data', () => socket.end());
      }),
  ],
  // PostgreSQL's own words, before it knows whether the client speaks TLS.
  ['cannot fork', (socket) => socket.once('data', () => socket.end('Ecould not fork new process for connection\n\0'))],
];

test.for(ends)('a connection to a server that %s is worth another try', async ([, end]) => {
  const server = createServer((socket) => end(socket.on('error', () => undefined)));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    const { port } = server.address() as AddressInfo;
    const connection = { host: '127.0.0.1', port, user: 'backup', tls: { mode: 'require' } } as const;
    const access = { name: 'main', connection, maintenanceDatabase: 'postgres' };
    await expect(openSession(access, 'postgres')).rejects.toMatchObject({ code: 'source/connect', transient: true });
  } finally {
    server.close();
  }
});
