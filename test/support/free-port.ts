import { createServer, type AddressInfo } from 'node:net';

/**
 * Starts a server on a TCP port of 127.0.0.1 that was free just now. Another process may take it first, for the servers take
 * no port 0: then on another one.
 */
export async function onFreePort<Server>(start: (port: number) => Promise<Server>): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (attempt === 10 || !isTaken.test(String(error))) throw error;
    }
  }
}

/** In the last lines of PostgreSQL's and of MySQL's and MariaDB's log. */
const isTaken = /could not create any TCP\/IP sockets|Address already in use/;

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
