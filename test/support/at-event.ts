import { readdir, readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import type { Bench } from './bench.ts';
import type { Ran, RunOptions } from './workspace.ts';

/** One record of `--progress json`. */
export interface ProgressRecord {
  readonly event: string;
  readonly phase?: string;
  readonly outcome?: string;
  readonly attempt?: number;
}

/** Runs a command and does `act` once, as soon as a record fits. Throws where none did. */
export async function atEvent(
  bench: Pick<Bench, 'start'>,
  args: readonly string[],
  what: {
    readonly fits: (record: ProgressRecord) => boolean;
    readonly act: (signal: (name: NodeJS.Signals) => void, pid: number) => unknown;
    readonly options?: RunOptions;
  },
): Promise<Ran> {
  const { child, ended } = bench.start([...args, '--progress', 'json'], what.options);
  let pending = '';
  let acting: Promise<unknown> | undefined;
  child.stderr?.on('data', (chunk: Buffer) => {
    const lines = (pending + chunk.toString()).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines)
      if (acting === undefined && line.startsWith('{') && what.fits(JSON.parse(line) as ProgressRecord))
        acting = Promise.resolve(what.act((name) => void child.kill(name), child.pid ?? 0));
  });
  const ran = await ended;
  if (acting === undefined) throw new Error(`nothing fitted; it exited with ${ran.code}:\n${ran.stderr}${ran.stdout}`);
  await acting;
  return ran;
}

/** `atEvent` for the begin of a phase. */
export const entersPhase =
  (phase: string) =>
  (record: ProgressRecord): boolean =>
    record.event === 'phase' && record.phase === phase;

/** Waits until a program of the bench runs, so that what is stopped is really in the middle of its work. */
export async function runs(bench: Pick<Bench, 'temporary' | 'work'>, program: RegExp): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  while (performance.now() < giveUpAt) {
    for (const pid of await readdir('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (!program.test(command.replaceAll('\0', ' '))) continue;
      // Children get nothing of the environment but PATH and HOME.
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      if ([bench.temporary, bench.work.path].some((mark) => (command + environment).includes(mark))) return;
    }
  }
  throw new Error(`${program} never ran`);
}

/** Waits until no session of the tool is left on the source. */
export async function sessionsGone(bench: Bench): Promise<void> {
  const sessions = `SELECT application_name, state, query FROM pg_stat_activity WHERE application_name LIKE 'holdfast%'`;
  await expect.poll(() => bench.server.sql('postgres', sessions), { timeout: 20_000, interval: 50 }).toEqual([]);
}
