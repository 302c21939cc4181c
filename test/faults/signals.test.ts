import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { atEvent, entersPhase, runs, sessionsGone } from '../support/at-event.ts';
import { openBench, type Bench } from '../support/bench.ts';
import { lockSmall, whileRestoresStand } from '../support/stand-still.ts';
import type { Ran } from '../support/workspace.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench({
    sql: `CREATE TABLE orders AS SELECT i AS id, md5(i::text) AS note FROM generate_series(1, 400000) i;
      CREATE TABLE small (a int); INSERT INTO small VALUES (1), (2)`,
  });
  await bench.applies();
});
afterAll(() => bench[Symbol.asyncDispose]());

const signals = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;
const main = join(import.meta.dirname, '../../src/cli/main.ts');

/** Names of backups with anything stored, committed or not. */
const stored = async (): Promise<readonly string[]> => [
  ...new Set([...(await readdir(join(bench.work.repository, 'data'))), ...(await scratchNames())]),
];
const scratchNames = async (): Promise<readonly string[]> =>
  (await readdir(join(bench.work.repository, 'scratch')).catch(() => [])).filter((name) => name !== 'tmp');

describe.for(signals)('%s', ([name, code]) => {
  /** A command that gets the signal in this phase, while such a program runs. */
  const stopped = (args: readonly string[], phase: string, program: RegExp): Promise<Ran> =>
    atEvent(bench, args, {
      at: entersPhase(phase),
      act: async (signal) => {
        signal('SIGCONT');
        await runs(bench, program);
        signal(name);
      },
    });

  test('stops a back-up in its dump: nothing runs on, nothing half is kept', async () => {
    const before = await bench.committed();
    const holder = await lockSmall(bench);
    const ran = await stopped(['apply', '--auto-approve', '--now'], 'dump', /pg_dump/).finally(() =>
      holder[Symbol.asyncDispose](),
    );
    expect(ran.code, ran.stderr + ran.stdout).toBe(code);
    expect(ran.stdout).toContain('run/interrupted');
    await bench.nothingLeft();
    await sessionsGone(bench);
    expect(await bench.committed()).toEqual(before);
    expect((await stored()).toSorted()).toEqual(before);
  });

  test('stops a drill while it restores: the server is torn down at once', async () => {
    await whileRestoresStand(bench, async () => {
      const ran = await stopped(['drill'], 'data', /pg_restore/);
      expect(ran.code, ran.stderr + ran.stdout).toBe(code);
      await bench.nothingLeft();
      expect(await readdir(join(bench.work.repository, 'records')).catch(() => [])).not.toContain('drill');
    });
  });

  test('stops a drill while its server is made', async () => {
    // The server runs to the end of the drill.
    const ran = await stopped(['drill'], 'lease', /initdb|postgres/);
    expect(ran.code, ran.stderr + ran.stdout).toBe(code);
    await bench.nothingLeft();
  });
});

test('a second signal ends it at once, and still nothing runs on', async () => {
  const before = await bench.committed();
  const ran = await atEvent(bench, ['apply', '--auto-approve', '--now'], {
    at: entersPhase('dump'),
    act: (signal) => {
      signal('SIGTERM');
      signal('SIGINT');
    },
  });
  expect([null, 130, 143]).toContain(ran.code);
  await bench.nothingLeft();
  await sessionsGone(bench);
  expect(await bench.committed()).toEqual(before);
});

describe('who listens goes away', () => {
  /** `backup …` below a shell, as its own process group; everything it prints goes through the pipe. */
  const shell = (line: string) =>
    spawn('/bin/bash', ['-o', 'pipefail', '-c', line], {
      cwd: bench.work.path,
      env: {
        PATH: process.env['PATH'],
        HOME: bench.work.path,
        CI: 'true',
        NODE: process.execPath,
        MAIN: main,
        ...bench.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });

  test('a reader of the answer that takes one line is no failure', async () => {
    const child = shell('"$NODE" "$MAIN" list | head -n 1');
    child.stdout.resume();
    child.stderr.resume();
    expect((await once(child, 'close'))[0]).toBe(0);
  });

  test.for(['lines', 'json'])('progress as %s that nobody reads any more does not stop a back-up', async (kind) => {
    const before = await bench.committed();
    const child = shell(`"$NODE" "$MAIN" apply --auto-approve --now --progress ${kind} 2>&1 >/dev/null | head -n 1`);
    child.stdout.resume();
    child.stderr.resume();
    expect((await once(child, 'close'))[0]).toBe(0);
    expect(await bench.committed()).toHaveLength(before.length + 1);
  });

  test('a killed parent takes nothing half with it', async () => {
    const before = await bench.committed();
    const child = shell('"$NODE" "$MAIN" apply --auto-approve --now --progress lines; true');
    child.stderr.once('data', () => child.kill('SIGKILL'));
    child.stdout.resume();
    await once(child, 'exit');
    child.stdout.destroy();
    child.stderr.destroy();
    await bench.nothingLeft();
    await sessionsGone(bench);
    const after = await bench.sound();
    expect(after.length - before.length).toBeLessThanOrEqual(1);
  });

  test('the next run works', async () => {
    const before = await bench.committed();
    expect(await bench.applies()).toHaveLength(before.length + 1);
    await bench.sound();
  });
});
