import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { atEvent, entersPhase, runs, sessionsGone } from '../support/at-event.ts';
import { openBench, shopSpec, type Bench } from '../support/bench.ts';
import { imageFor } from '../support/docker.ts';
import { startPostgresql } from '../support/postgresql.ts';
import { lockSmall, whileRestoresStand } from '../support/stand-still.ts';
import type { Ran } from '../support/workspace.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench({
    sql: `CREATE TABLE orders AS SELECT i AS id, md5(i::text) AS note FROM generate_series(1, 200000) i;
      CREATE TABLE small (a int); INSERT INTO small VALUES (1), (2); CREATE INDEX ON orders (note)`,
  });
  await bench.applies();
});
afterAll(() => bench[Symbol.asyncDispose]());

/** What is there after a kill is whole, nothing of the killed run goes on, and the next run needs no help. */
async function recovers(before: readonly string[], mayHaveCommitted: boolean): Promise<void> {
  await bench.nothingLeft();
  await sessionsGone(bench);
  const after = await bench.sound();
  expect(after).toEqual(expect.arrayContaining([...before]));
  expect(after.length - before.length).toBeLessThanOrEqual(mayHaveCommitted ? 1 : 0);
  expect(await bench.applies()).toHaveLength(after.length + 1);
  await bench.nothingLeft();
}

/** An apply that is killed in this phase; in the dump, while pg_dump runs. */
async function killedIn(phase: string): Promise<Ran> {
  await using held = new AsyncDisposableStack();
  if (phase === 'dump') held.use(await lockSmall(bench));
  return await atEvent(bench, ['apply', '--auto-approve', '--now'], {
    at: entersPhase(phase),
    act: async (signal) => {
      if (phase === 'dump') {
        signal('SIGCONT');
        await runs(bench, /pg_dump/);
      }
      signal('SIGKILL');
    },
  });
}

describe('kill -9 of a back-up', () => {
  test.for(['preflight', 'snapshot', 'dump', 'proof', 'commit'])('in %s', async (phase) => {
    const before = await bench.committed();
    expect((await killedIn(phase)).code).toBeNull();
    await recovers(before, false);
  });

  // What the CI sets: every fsync, too. One run each, so otherwise only every object's way to its name.
  const calls = process.env['HOLDFAST_EVERY_FAULT'] === undefined ? ['link'] : ['link', 'unlink', 'fsync'];
  test.for(calls)(
    'at any %s of its objects, between contents and manifest too',
    { timeout: 3_600_000 },
    async (call) => {
      let kills = 0;
      for (let when = 1; ; when += 1) {
        const before = await bench.committed();
        if (!killedAt(call, when)) break;
        kills += 1;
        await recovers(before, true);
      }
      // The lease, three texts, a big table, the pack, contents and manifest.
      expect(kills).toBeGreaterThanOrEqual(8);
    },
  );
});

/**
 * An apply with a signal at its n-th call; true where that killed it. One thread of the pool, for strace counts each thread's
 * calls.
 */
function killedAt(call: string, when: number): boolean {
  const inject = [
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:signal=KILL:when=${when}`,
  ];
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  const { signal, status } = spawnSync(
    'strace',
    [...inject, process.execPath, main, 'apply', '--auto-approve', '--now'],
    {
      cwd: bench.work.path,
      env: { PATH: process.env['PATH'], HOME: bench.work.path, UV_THREADPOOL_SIZE: '1', ...bench.env },
      stdio: 'ignore',
    },
  );
  return signal === 'SIGKILL' || status === 137;
}

/** Kills a run of the tool once it has begun this phase and such a program of it runs. */
const killedWhile = (args: readonly string[], phase: string, program: RegExp): Promise<Ran> =>
  atEvent(bench, args, {
    at: entersPhase(phase),
    act: async (signal) => {
      signal('SIGCONT');
      await runs(bench, program);
      signal('SIGKILL');
    },
  });

describe('kill -9 of a drill', () => {
  test.for(['fetch', 'data', 'analyze', 'compare', 'teardown'])('in %s', async (phase) => {
    const ran = await atEvent(bench, ['drill'], { at: entersPhase(phase), act: (signal) => signal('SIGKILL') });
    expect(ran.code).toBeNull();
    await bench.nothingLeft();
  });

  test('while its server is made', async () => {
    // The server runs to the end of the drill.
    const ran = await killedWhile(['drill'], 'lease', /initdb|postgres/);
    expect(ran.code).toBeNull();
    await bench.nothingLeft();
  });

  test('while rows are restored', async () => {
    await whileRestoresStand(bench, async () => {
      const ran = await killedWhile(['drill'], 'data', /pg_restore/);
      expect(ran.code).toBeNull();
      await bench.nothingLeft();
    });
  });

  test('in a container: the next drill removes what was left of it', async () => {
    const image = (await imageFor(bench.server.major)) ?? '';
    await bench.work.spec(
      shopSpec(bench.server, { spec: { targets: { local: { engine: 'postgresql', container: { image } } } } }),
    );
    let owner = 0;
    const ran = await atEvent(bench, ['drill'], {
      at: entersPhase('data'),
      act: (signal, pid) => {
        owner = pid;
        signal('SIGKILL');
      },
    });
    expect(ran.code).toBeNull();
    await bench.nothingLeft();
    const next = await bench.backup(['drill']);
    expect(next.code, next.stderr + next.stdout).toBe(0);
    const labels = execFileSync('docker', ['ps', '-a', '--format', '{{.Labels}}'], { encoding: 'utf8' });
    expect(labels).not.toContain(`dev.holdfast.owner=${owner} `);
    await bench.work.spec(shopSpec(bench.server));
  });

  test('leaves nothing that hinders the next one', async () => {
    const ran = await bench.backup(['drill']);
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    await bench.sound();
    await bench.nothingLeft();
  });
});

test('kill -9 of a restore: the half database is refused the next time, and replaced where that is asked for', async () => {
  await using target = await startPostgresql();
  const to = `postgresql://postgres@${encodeURIComponent(target.socket)}`;
  const restore = ['restore', 'main/shop', '--to', to, '--clients', target.binaries];
  await whileRestoresStand(bench, async () => {
    const ran = await killedWhile(restore, 'data', /pg_restore/);
    expect(ran.code).toBeNull();
    await bench.nothingLeft();
    // It sleeps and hears of no client that is gone.
    await target.sql('postgres', `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'`);
    const again = await bench.backup(restore);
    expect(again.stderr + again.stdout).toContain('restore/database-exists');
    expect(again.code).toBe(1);
  });
  const replaced = await bench.backup([...restore, '--overwrite-database']);
  expect(replaced.code, replaced.stderr + replaced.stdout).toBe(0);
  expect(await target.sql('shop', 'SELECT count(*) FROM orders')).toEqual([{ count: '200000' }]);
});
