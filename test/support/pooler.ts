import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerAccess } from '../../src/engine/server-access.ts';
import type { TestServer } from './postgresql.ts';

export interface Pooler extends AsyncDisposable {
  /** The server as it is reached through the pooler. */
  access(): ServerAccess;
}

/**
 * What PgBouncer is to its clients, as far as a connection shows: it refuses settings at start-up or, where it `ignores` them,
 * hands on what client and server say, but names a session of its own (PostgreSQL manual, "Message Formats", BackendKeyData).
 */
export async function startPooler(server: TestServer, { ignores }: { readonly ignores: boolean }): Promise<Pooler> {
  const directory = await mkdtemp(join(tmpdir(), 'hf-pooler-'));
  const sockets = new Set<Socket>();
  const pooler = createServer((client) => {
    const upstream = connect(join(server.socket, `.s.PGSQL.${server.port}`));
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    if (!ignores) client.once('data', () => client.end(refusal));
    else {
      client.pipe(upstream);
      upstream.on('data', (said: Buffer) => client.write(asAnother(said)));
    }
  });
  await new Promise<void>((done) => pooler.listen(join(directory, '.s.PGSQL.5432'), done));
  const access = server.access();
  return {
    access: () => ({ ...access, connection: { ...access.connection, host: directory, port: 5432 } }),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => pooler.close(done));
      await rm(directory, { recursive: true });
    },
  };
}

const fields = Buffer.from('SFATAL\0C08P01\0Munsupported startup parameter: options\0\0');
const refusal = Buffer.concat([Buffer.from([0x45, 0, 0, 0, fields.length + 4]), fields]);

function asAnother(said: Buffer): Buffer {
  const at = said.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
  if (at >= 0) said.writeInt32BE(said.readInt32BE(at + 5) + 1, at + 5);
  return said;
}
