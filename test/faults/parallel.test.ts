import { expect, test } from 'vitest';
import { openBench, shopSpec } from '../support/bench.ts';

interface ProgressLine {
  readonly event: string;
  readonly key?: string;
}

/** How many back-ups ran at the same time at most, on each server, by the run's own records. */
function mostAtOnce(stderr: string): Readonly<Record<string, number>> {
  const running = new Map<string, Set<string>>();
  const most: Record<string, number> = {};
  for (const line of stderr.split('\n').filter((text) => text.startsWith('{'))) {
    const { event, key = '' } = JSON.parse(line) as ProgressLine;
    const server = /^back-up:([^/]+)\//.exec(key)?.[1];
    if (server === undefined) continue;
    const keys = running.get(server) ?? new Set();
    running.set(server, keys);
    if (event === 'started') keys.add(key);
    if (event === 'finished') keys.delete(key);
    most[server] = Math.max(most[server] ?? 0, keys.size);
  }
  return most;
}

test('apply of many databases stays within what each server allows, and within --parallel', async () => {
  await using bench = await openBench();
  const names = Array.from({ length: 6 }, (_, index) => `db${index}`);
  for (const name of names) {
    await bench.server.sql('postgres', `CREATE DATABASE ${name}`);
    await bench.server.sql(name, 'CREATE TABLE t AS SELECT generate_series(1, 10000) AS a');
  }
  const { servers, ...rest } = shopSpec(bench.server) as { servers: { main: object } };
  const spec = (allowed: number): object => ({
    ...rest,
    servers: { one: { ...servers.main, parallel: allowed }, two: servers.main },
    databases: Object.fromEntries(
      ['one', 'two'].flatMap((server) => names.map((name) => [`${server}_${name}`, { server, database: name }])),
    ),
  });
  const apply = async (allowed: number, parallel: number): Promise<Readonly<Record<string, number>>> => {
    await bench.work.spec(spec(allowed));
    const ran = await bench.backup([
      'apply',
      '--auto-approve',
      '--now',
      '--parallel',
      `${parallel}`,
      '--progress',
      'json',
    ]);
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    return mostAtOnce(ran.stderr);
  };
  expect(await apply(2, 8)).toEqual({ one: 2, two: 1 });
  expect(await apply(4, 1)).toEqual({ one: 1, two: 1 });
  expect(await bench.sound()).toHaveLength(24);
});
