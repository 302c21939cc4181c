import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atEvent, entersPhase } from '../support/at-event.ts';
import { openBench, type Bench } from '../support/bench.ts';
import type { Ran } from '../support/workspace.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench({
    sql: `CREATE TABLE orders AS SELECT i AS id, md5(i::text) AS note FROM generate_series(1, 400000) i`,
  });
  await bench.applies();
});
afterAll(() => bench[Symbol.asyncDispose]());

const minuteWhileStopped = pathToFileURL(join(import.meta.dirname, '../fixtures/programs/minute-while-stopped.ts'));

/** An apply that stands still in its dump while `meanwhile` happens. */
async function stoppedInDump(meanwhile: () => Promise<void>, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return atEvent(bench, ['apply', '--auto-approve', '--now'], {
    at: entersPhase('dump'),
    act: meanwhile,
    options: { env },
  });
}

/** The run that lost its lease made no backup and left nothing; the next one needs no help. */
async function endsWithoutCommit(ran: Ran, before: readonly string[]): Promise<void> {
  expect(ran.stdout).toContain('repository/lease-lost');
  expect(ran.code, ran.stderr + ran.stdout).toBe(1);
  expect(await bench.committed()).toEqual(before);
  expect((await readdir(join(bench.work.repository, 'data'))).toSorted()).toEqual(before);
  await bench.nothingLeft();
  expect(await bench.sound()).toEqual(before);
}

test('a run that stood still for longer than its lease lives commits nothing, though nobody came', async () => {
  const before = await bench.committed();
  const ran = await stoppedInDump(async () => undefined, { NODE_OPTIONS: `--import ${minuteWhileStopped.href}` });
  await endsWithoutCommit(ran, before);
  expect(await bench.applies()).toHaveLength(before.length + 1);
});

test('a run whose lease another machine took over while it stood still commits nothing', async () => {
  const before = await bench.committed();
  const leases = join(bench.work.repository, 'leases/capture/main/shop');
  const generation = async (): Promise<string> => (await readdir(leases)).sort().at(-1) ?? '';
  let taken = '';
  const ran = await stoppedInDump(async () => {
    const held = await generation();
    const document = JSON.parse(await readFile(join(leases, held), 'utf8')) as Record<string, unknown>;
    taken = join(leases, `${String(Number(held.slice(0, 10)) + 1).padStart(10, '0')}.json`);
    // As it is after that one has ended, so that the next run need not wait for a machine that is not there.
    await writeFile(
      taken,
      JSON.stringify({ ...document, generation: Number(held.slice(0, 10)) + 1, state: 'released' }),
    );
  });
  await endsWithoutCommit(ran, before);
  expect(await bench.applies()).toHaveLength(before.length + 1);
});
