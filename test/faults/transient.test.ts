import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { OperationError } from '../../src/base/operation-error.ts';
import type { BackUp } from '../../src/plan/plan.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { backUpWithRetry } from '../../src/run/back-up-retry.ts';
import type { RunEvent } from '../../src/run/events.ts';
import type { Tools } from '../../src/run/tools.ts';
import { atEvent, entersPhase, runs, sessionsGone } from '../support/at-event.ts';
import { openBench, processesOf, shopSpec, type Bench } from '../support/bench.ts';
import { limitAtSignal } from '../support/limit-at-signal.ts';
import { lockSmall } from '../support/stand-still.ts';
import { stubClients } from '../support/stub-client.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench({
    sql: `CREATE TABLE orders AS SELECT i AS id, md5(i::text) AS note FROM generate_series(1, 200000) i;
      CREATE TABLE small (a int); INSERT INTO small VALUES (1), (2)`,
  });
  await bench.applies();
});
afterAll(() => bench[Symbol.asyncDispose]());
afterEach(() => bench.work.spec(shopSpec(bench.server)));

/** Pids of the tool's sessions on the source, as soon as there are some. */
async function sessions(name: string): Promise<readonly number[]> {
  for (;;) {
    const rows = await bench.server.sql(
      'postgres',
      `SELECT pid FROM pg_stat_activity WHERE application_name = '${name}' AND datname = 'shop'`,
    );
    if (rows.length > 0) return rows.map(({ pid }) => Number(pid));
  }
}

describe('a back-up is tried again and succeeds', () => {
  const terminate = (pids: readonly number[]) =>
    bench.server.sql('postgres', `SELECT pg_terminate_backend(pid) FROM unnest('{${pids.join()}}'::int[]) pid`);
  const troubles: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['pg_dump’s session is ended', async () => terminate(await sessions('holdfast pg_dump'))],
    ['the session that holds the snapshot is ended', async () => terminate(await sessions('holdfast'))],
    // The postmaster cannot trust shared memory any more: it ends every backend and starts over.
    [
      'the server crashes and recovers',
      async () => process.kill((await sessions('holdfast pg_dump'))[0] ?? 0, 'SIGKILL'),
    ],
  ];
  test.for(troubles)('when %s', async ([, act]) => {
    const before = await bench.committed();
    // Of so small a database it would be through before anybody could end its session.
    const holder = await lockSmall(bench);
    const ran = await atEvent(bench, ['apply', '--auto-approve', '--now'], {
      at: entersPhase('dump'),
      act: async (signal) => {
        signal('SIGCONT');
        await act();
        await holder[Symbol.asyncDispose]();
      },
    });
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    expect(ran.stderr).toContain('"event":"retry"');
    expect(await bench.committed()).toHaveLength(before.length + 1);
    await bench.nothingLeft();
    await sessionsGone(bench);
  });

  test('when a table stays locked beyond the lock wait, and is released meanwhile', async () => {
    await bench.work.spec(shopSpec(bench.server, { policy: { dump: { lockWait: '1s' } } }));
    const holder = await lockSmall(bench);
    const ran = await atEvent(bench, ['apply', '--auto-approve', '--now'], {
      at: { event: 'retry' },
      act: () => holder[Symbol.asyncDispose](),
    });
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    expect(ran.stderr).toContain('stayed locked');
  });
});

test('what stays wrong is tried four times, after 2, 8 and 32 seconds, and then fails as what it is', async () => {
  vi.useFakeTimers();
  try {
    const events: RunEvent[] = [];
    const tools = { signal: new AbortController().signal, emit: (event: RunEvent) => events.push(event) };
    const refused = new OperationError('source/lock-timeout', 'an object stayed locked', { transient: true });
    const action = { id: 'back-up:main/shop', address: { server: 'main', database: 'shop' } };
    const attempts = vi.fn<() => Promise<never>>(() => Promise.reject(refused));
    const outcome = backUpWithRetry(
      action as BackUp,
      { of: attempts, leave: () => undefined, [Symbol.asyncDispose]: async () => undefined },
      {} as Repository,
      tools as unknown as Tools,
    ).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(42_000);
    expect(await outcome).toBe(refused);
    expect(attempts).toHaveBeenCalledTimes(4);
    expect(events.map((event) => (event.kind === 'retry' ? [event.attempt, event.of, event.waitMs] : event))).toEqual([
      [1, 4, 2_000],
      [2, 4, 8_000],
      [3, 4, 32_000],
    ]);
  } finally {
    vi.useRealTimers();
  }
});

test('a dump beyond its time limit ends with everything that it started', async () => {
  const before = await bench.committed();
  await using clients = await stubClients('hangs', bench.server.binaries);
  await bench.work.spec(
    shopSpec(bench.server, { declared: { clients: clients.folder }, policy: { dump: { timeout: '5h' } } }),
  );
  const ran = await atEvent(bench, ['apply', '--auto-approve', '--now'], {
    at: entersPhase('dump'),
    options: { env: limitAtSignal(5 * 3_600_000) },
    act: async (signal) => {
      signal('SIGCONT');
      await runs(bench, /sleep 3600/);
      signal('SIGUSR2');
    },
  });
  expect(ran.stdout).toContain('process/timeout');
  expect(ran.code).toBe(1);
  await bench.nothingLeft();
  expect(await processesOf([clients.folder])).toEqual([]);
  await sessionsGone(bench);
  expect(await bench.committed()).toEqual(before);
});

test('one database that fails stops no other one', async () => {
  await bench.server.sql('postgres', 'CREATE DATABASE bad');
  await bench.server.sql('postgres', 'CREATE DATABASE other');
  await using clients = await stubClients('fails-for-bad', bench.server.binaries);
  const all = (server: object): object => {
    const spec = shopSpec(bench.server, server) as { databases: { shop: object } };
    const { shop } = spec.databases;
    return { ...spec, databases: { bad: shop, shop, other: shop } };
  };
  const before = await bench.committed();
  await bench.work.spec(all({ declared: { clients: clients.folder } }));
  const ran = await bench.backup(['apply', '--auto-approve', '--now', '--json']);
  expect(ran.code, ran.stdout + ran.stderr).toBe(24);
  const { outcomes } = JSON.parse(ran.stdout) as { outcomes: { id: string; state: string }[] };
  expect(outcomes.map(({ id, state }) => [id, state]).toSorted()).toEqual([
    ['back-up:main/bad', 'failed'],
    ['back-up:main/other', 'done'],
    ['back-up:main/shop', 'done'],
  ]);
  expect(await bench.committed()).toHaveLength(before.length + 2);

  await bench.work.spec(all({}));
  expect(await bench.applies()).toHaveLength(before.length + 5);
});

test('a database that is dropped in the middle fails, and its backups stay', async () => {
  const before = await bench.committed();
  await using _ = await lockSmall(bench);
  const ran = await atEvent(bench, ['apply', '--auto-approve', '--now'], {
    at: entersPhase('dump'),
    act: async (signal) => {
      signal('SIGCONT');
      await sessions('holdfast pg_dump');
      await bench.server.sql('postgres', 'DROP DATABASE shop WITH (FORCE)');
    },
  });
  expect(ran.code, ran.stderr + ran.stdout).toBe(1);
  expect(ran.stdout).toContain('source/connect');
  await bench.nothingLeft();
  expect(await bench.sound()).toEqual(before);
});
