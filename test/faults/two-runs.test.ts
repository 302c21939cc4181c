import { afterAll, beforeAll, expect, test } from 'vitest';
import { atEvent, entersPhase } from '../support/at-event.ts';
import { openBench, shopSpec, type Bench } from '../support/bench.ts';
import type { Ran } from '../support/workspace.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench({ env: { USER: 'tester' } });
  await bench.server.sql('postgres', 'CREATE DATABASE other');
  const { databases, ...rest } = shopSpec(bench.server) as { databases: { shop: object } };
  await bench.work.spec({ ...rest, databases: { shop: databases.shop, other: databases.shop } });
});
afterAll(() => bench[Symbol.asyncDispose]());

/** Runs `meanwhile` while an apply of shop stands still in its dump. */
async function whileDumping(meanwhile: () => Promise<Ran>): Promise<{ readonly first: Ran; readonly second: Ran }> {
  let second: Ran | undefined;
  const first = await atEvent(bench, ['apply', '--auto-approve', '--now', '--only', 'main/shop'], {
    at: entersPhase('dump'),
    act: async () => (second = await meanwhile()),
  });
  if (second === undefined) throw new Error('the second run did not run');
  return { first, second };
}

test('of two runs on one database, the second says who works on it and exits with 23', async () => {
  const { first, second } = await whileDumping(() =>
    bench.backup(['apply', '--auto-approve', '--now', '--only', 'main/shop']),
  );
  expect(second.stdout).toContain('repository/lease-held');
  expect(second.stdout).toMatch(
    /another run works on capture\/main\/shop: backup apply --auto-approve.*\(process \d+ on /,
  );
  expect(second.code).toBe(23);
  expect(first.code, first.stderr + first.stdout).toBe(0);
  expect(await bench.sound()).toHaveLength(1);
});

test('two runs on different databases of one repository both work', async () => {
  const before = await bench.committed();
  const { first, second } = await whileDumping(() =>
    bench.backup(['apply', '--auto-approve', '--now', '--only', 'main/other']),
  );
  expect(second.code, second.stderr + second.stdout).toBe(0);
  expect(first.code, first.stderr + first.stdout).toBe(0);
  expect(await bench.sound()).toHaveLength(before.length + 2);
});

test('two runs started at the same instant make one backup each or name each other, never half of one', async () => {
  const before = await bench.committed();
  const runs = await Promise.all(
    [1, 2].map(() => bench.backup(['apply', '--auto-approve', '--now', '--only', 'main/shop', '--json'])),
  );
  const done = runs.filter(({ code }) => code === 0).length;
  expect(done).toBeGreaterThanOrEqual(1);
  for (const { code } of runs) expect([0, 23]).toContain(code);
  expect(await bench.sound()).toHaveLength(before.length + done);
  await bench.nothingLeft();
});
