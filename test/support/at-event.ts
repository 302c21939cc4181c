import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import type { Bench } from './bench.ts';
import type { Ran, RunOptions } from './workspace.ts';

/** Some fields of a record of `--progress json`. */
export interface ProgressRecord {
  readonly event: string;
  readonly phase?: string;
}

const stopAtRecord = pathToFileURL(join(import.meta.dirname, '../fixtures/programs/stop-at-record.ts'));

/**
 * Runs a command that stops at the first record with these fields, does `act`, and lets the command go on. Where `act` needs
 * something of the command itself, it goes on with it before, by SIGCONT. Throws where no record fitted.
 */
export async function atEvent(
  bench: Pick<Bench, 'start'>,
  args: readonly string[],
  what: {
    readonly at: ProgressRecord;
    readonly act: (signal: (name: NodeJS.Signals) => void, pid: number) => unknown;
    readonly options?: RunOptions;
  },
): Promise<Ran> {
  const { env = {}, ...options } = what.options ?? {};
  const imported = `--import ${stopAtRecord.href} ${env['NODE_OPTIONS'] ?? ''}`;
  const { child, ended } = bench.start([...args, '--progress', 'json'], {
    ...options,
    env: { ...env, NODE_OPTIONS: imported, STOP_AT: JSON.stringify(what.at) },
  });
  const pid = child.pid ?? 0;
  if (!(await stops(pid))) {
    const ran = await ended;
    throw new Error(`nothing fitted; it exited with ${ran.code}:\n${ran.stderr}${ran.stdout}`);
  }
  try {
    await what.act((name) => void child.kill(name), pid);
  } finally {
    child.kill('SIGCONT');
  }
  return ended;
}

/** Waits until a process stands still; false where it ended. */
async function stops(pid: number): Promise<boolean> {
  for (;;) {
    // After the name in parentheses: state (proc(5)).
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const state = stat.slice(stat.lastIndexOf(')') + 2)[0];
    if (state === 'T') return true;
    if (state === undefined || state === 'Z') return false;
    await delay(10);
  }
}

/** The begin of a phase. */
export const entersPhase = (phase: string): ProgressRecord => ({ event: 'phase', phase });

/** Waits until a program of the bench runs, so that what is stopped is really in the middle of its work. */
export async function runs(bench: Pick<Bench, 'temporary' | 'work'>, program: RegExp): Promise<void> {
  const running = async (): Promise<boolean> => {
    for (const pid of await readdir('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (!program.test(command.replaceAll('\0', ' '))) continue;
      // Children get nothing of the environment but PATH and HOME.
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      if ([bench.temporary, bench.work.path].some((mark) => (command + environment).includes(mark))) return true;
    }
    return false;
  };
  await expect.poll(running, { interval: 1, message: `${program} runs` }).toBe(true);
}

/** Waits until no session of the tool is left on the source. */
export async function sessionsGone(bench: Bench): Promise<void> {
  const sessions = `SELECT application_name, state, query FROM pg_stat_activity WHERE application_name LIKE 'holdfast%'`;
  await expect.poll(() => bench.server.sql('postgres', sessions)).toEqual([]);
}
