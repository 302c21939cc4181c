import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { atEvent, entersPhase, runs } from '../support/at-event.ts';
import { openBenchOn } from '../support/bench.ts';
import { placeLauncher } from '../support/launcher.ts';
import { limitAtSignal } from '../support/limit-at-signal.ts';
import { flavours, startMysql, type TestMysql } from '../support/mysql.ts';

/** The server itself, by its data directory. */
async function serverProcess({ dataDirectory }: TestMysql): Promise<number> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (/^[^\0]*\/(mysqld|mariadbd)\0/.test(command) && command.includes(dataDirectory)) return Number(pid);
  }
  throw new Error('the server runs no more');
}

// One of each vendor.
const vendors = [...Map.groupBy(flavours, ({ engine }) => engine).values()].flatMap(([first]) => first ?? []);

describe.each(vendors)('$engine $version', (flavour) => {
  test('a back-up of a server that stands still ends at its limit', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hf-clients-'));
    await using bench = await openBenchOn(
      async () => {
        const server = await startMysql(flavour);
        await server.sql(undefined, 'CREATE DATABASE shop');
        await server.sql('shop', 'CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1)');
        return server;
      },
      {
        env: { LOGIN_PASSWORD: 'root' },
        spec: (server) => ({
          servers: {
            main: {
              engine: flavour.engine,
              host: server.socket,
              user: 'root',
              password: { env: 'LOGIN_PASSWORD' },
              clients: folder,
            },
          },
          databases: { shop: { server: 'main', dump: { timeout: '5h' } } },
        }),
      },
    );
    const [dump, client] = flavour.engine === 'mysql' ? ['mysqldump', 'mysql'] : ['mariadb-dump', 'mariadb'];
    // Its dump is never through, so that the server stands still in the middle of it; what hangs is there before all else.
    const program = join(bench.server.binaries, dump);
    const hangs = `case "$*" in *--single-transaction*) sleep 3600 & "${program}" "$@"; wait;; *) exec "${program}" "$@";; esac`;
    placeLauncher(join(folder, dump), ['/bin/sh', '-c', hangs, 'sh']);
    await symlink(join(bench.server.binaries, client), join(folder, client));
    const pid = await serverProcess(bench.server);
    try {
      const ran = await atEvent(bench, ['apply', '--auto-approve', '--now'], {
        at: entersPhase('dump'),
        options: { env: limitAtSignal(5 * 3_600_000) },
        act: async (signal) => {
          signal('SIGCONT');
          await runs(bench, /sleep 3600/);
          process.kill(pid, 'SIGSTOP');
          signal('SIGUSR2');
        },
      });
      expect(ran.stdout).toContain('process/timeout');
      expect(ran.stdout).toContain('the capture of main/shop took longer than 5h');
      expect(ran.code).toBe(1);
      await bench.nothingLeft();
    } finally {
      process.kill(pid, 'SIGCONT');
      await rm(folder, { recursive: true, force: true });
    }
    const others = 'SELECT id FROM information_schema.processlist WHERE db = "shop" OR state LIKE "%lock%"';
    await expect.poll(() => bench.server.sql(undefined, others)).toEqual([]);
    await bench.server.sql('shop', 'INSERT INTO orders VALUES (2)');
    expect(await bench.committed()).toEqual([]);
  });
});
