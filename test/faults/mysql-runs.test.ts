import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { atEvent, entersPhase, runs } from '../support/at-event.ts';
import { openBenchOn, type Bench } from '../support/bench.ts';
import { flavours, startMysql, type TestMysql } from '../support/mysql.ts';
import { localMysqlTarget } from '../support/mysql-workspace.ts';

const canary = (what: string): string => `canary-${what}-${randomBytes(6).toString('hex')}`;
/** With characters that an option file, a URL and JSON each write in another way. */
const secrets = { login: `${canary('login')}:\\"%#'`, app: canary('app'), row: canary('row') };
const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

// One of each vendor: what differs between their versions is not how a run ends.
const vendors = [...Map.groupBy(flavours, ({ engine }) => engine).values()].flatMap(([first]) => first ?? []);

describe.each(vendors)('$engine $version', (flavour) => {
  let bench: Bench<TestMysql>;
  beforeAll(async () => {
    bench = await openBenchOn(
      async () => {
        const server = await startMysql(flavour);
        await server.sql(
          undefined,
          `CREATE USER keeper@localhost IDENTIFIED BY ${literal(secrets.login)}; GRANT ALL ON *.* TO keeper@localhost WITH GRANT OPTION;
           CREATE USER app@localhost IDENTIFIED BY ${literal(secrets.app)}; CREATE DATABASE shop; GRANT SELECT ON shop.* TO app@localhost`,
        );
        await server.sql(
          'shop',
          `CREATE TABLE digits (d int PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
           CREATE TABLE orders (id int PRIMARY KEY, note varchar(2000));
           INSERT INTO orders SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d, REPEAT('${secrets.row}', 50) FROM digits a, digits b, digits c, digits e`,
        );
        return server;
      },
      {
        env: { LOGIN_PASSWORD: secrets.login, APP_PASSWORD: secrets.app },
        spec: (server) => ({
          servers: {
            main: {
              engine: flavour.engine,
              host: server.socket,
              user: 'keeper',
              password: { env: 'LOGIN_PASSWORD' },
              clients: server.binaries,
            },
          },
          targets: { local: localMysqlTarget(server) },
          databases: {
            shop: {
              server: 'main',

              drill: { target: 'local', logins: [{ role: 'app@localhost', password: { env: 'APP_PASSWORD' } }] },
            },
          },
        }),
      },
    );
    await bench.applies();
  });
  afterAll(() => bench?.[Symbol.asyncDispose]());

  /** Its sessions go with it, and so does the lock that they may have held. */
  async function sessionsGone(): Promise<void> {
    const sessions = "SELECT id, state FROM information_schema.processlist WHERE user = 'keeper'";
    await expect.poll(() => bench.server.sql(undefined, sessions)).toEqual([]);
    await bench.server.sql('shop', 'INSERT INTO digits VALUES (99); DELETE FROM digits WHERE d = 99');
  }

  describe('what ends a back-up', () => {
    test.for([
      ['SIGKILL', 'preflight'],
      ['SIGKILL', 'snapshot'],
      ['SIGKILL', 'dump'],
      ['SIGKILL', 'proof'],
      ['SIGKILL', 'commit'],
      ['SIGTERM', 'dump'],
      ['SIGINT', 'proof'],
    ] as const)('%s in %s leaves nothing half, no child and no lock', async ([name, phase]) => {
      const before = await bench.committed();
      const ran = await atEvent(bench, ['apply', '--auto-approve', '--now'], {
        at: entersPhase(phase),
        act: (signal) => signal(name),
      });
      expect(ran.code === null).toBe(name === 'SIGKILL');
      await bench.nothingLeft();
      await sessionsGone();
      const after = await bench.sound();
      expect(after).toEqual(before);
      expect(await bench.applies()).toHaveLength(after.length + 1);
    });

    test.for([
      ['lease', /mysqld|mariadbd/],
      // As fast as it may be: the server runs to the end of the drill.
      ['data', /defaults-file|mysqld|mariadbd/],
      ['compare', undefined],
    ] as const)('kill -9 of a drill in %s leaves no server', async ([phase, program]) => {
      const ran = await atEvent(bench, ['drill'], {
        at: entersPhase(phase),
        act: async (signal) => {
          if (program !== undefined) {
            signal('SIGCONT');
            await runs(bench, program);
          }
          signal('SIGKILL');
        },
      });
      expect(ran.code).toBeNull();
      await bench.nothingLeft();
    });
  });

  test('plan, apply, verify, list and a drill with logins show no secret, in no argument either', async () => {
    const hash = await bench.server.sql(
      undefined,
      "SELECT authentication_string AS hash FROM mysql.user WHERE user = 'app'",
    );
    const all = { ...secrets, hash: hash[0]?.['hash'] ?? '' };
    expect(all.hash).not.toBe('');
    for (const args of [
      ['plan', '--verbose', '--progress', 'json'],
      ['apply', '--auto-approve', '--now', '--json', '--progress', 'json'],
      ['verify', '--all', '--json'],
      ['list', '--json'],
      ['drill', '--json', '--progress', 'json', '--report', 'junit=report.xml', '--report', 'markdown=report.md'],
    ]) {
      const { code, texts } = await recorded(bench, args);
      for (const [where, text] of texts) revealsNothing(all, text, `${args[0] ?? ''}: ${where}`);
      expect(code, texts.map(([, text]) => text).join('\n')).toBe(0);
    }
    let files = 0;
    for (const entry of await readdir(bench.work.path, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || /repository\/(data|contents)\/|node-compile-cache/.test(path)) continue;
      revealsNothing(all, await readFile(path, 'utf8'), path);
      files += 1;
    }
    expect(files).toBeGreaterThan(4);
  });
});

/** Runs the tool with every program that it or its children start recorded: arguments and whole environment. */
async function recorded(
  bench: Bench<TestMysql>,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly texts: readonly (readonly [string, string])[] }> {
  const log = join(bench.temporary, 'programs');
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  const tracing = ['-f', '--seccomp-bpf', '-qq', '-v', '-s', '65536', '-e', 'trace=execve', '-o', log];
  const child = spawn('strace', [...tracing, process.execPath, main, ...args], {
    cwd: bench.work.path,
    env: { PATH: process.env['PATH'], HOME: bench.work.path, CI: 'true', ...bench.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((done) => child.on('close', done));
  const [own = '', ...programs] = (await readFile(log, 'latin1'))
    .split('\n')
    .filter((line) => line.includes('execve('));
  await rm(log);
  // The tool itself was given its secrets this way, by us.
  expect(own).toContain('main.ts');
  return {
    code,
    texts: [
      ['standard output', stdout],
      ['standard error', stderr],
      ['programs', programs.join('\n')],
    ],
  };
}

function revealsNothing(all: Readonly<Record<string, string>>, text: string, where: string): void {
  for (const [name, secret] of Object.entries(all))
    for (const form of [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      secret.replaceAll('\\', '\\\\'),
    ])
      if (text.includes(form)) throw new Error(`${where} shows the secret ${name}`);
}
