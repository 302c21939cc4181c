import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Run {
  readonly ms: number;
  /** Peak of resident memory of the process itself; 0 where it was not asked for. */
  readonly peakBytes: number;
  /** Processor time of the process itself, without its children; 0 where it was not asked for. */
  readonly processorMs: number;
  readonly stdout: string;
}

export interface Program {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a program to its end and measures it. Throws where it fails: a failed run has no time. */
export async function timed({ program, args, env = {}, cwd = '/' }: Program): Promise<Run> {
  const started = performance.now();
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: process.env['HOME'] ?? '/', LC_ALL: 'C', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-2_000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const ms = performance.now() - started;
  if (code !== 0)
    throw new Error(`${program} ${args.slice(0, 3).join(' ')} exited with ${code}: ${stderr}${stdout.slice(-2_000)}`);
  return { ms, peakBytes: 0, processorMs: 0, stdout };
}

/** The built program, as operators run it; what was not built yet is run from its source. */
export const entry: string = [join(root, 'dist/cli/main.js'), join(root, 'src/cli/main.ts')].find(existsSync) ?? '';

/**
 * Runs Holdfast as an operator would, with its peak of memory and its processor time. `folder` holds backup.yaml and gets its
 * cache.
 */
export async function holdfast(folder: string, ...args: readonly string[]): Promise<Run> {
  const usage = join(folder, 'usage');
  const run = await timed({
    program: process.execPath,
    args: ['--import', join(root, 'bench/report-usage.js'), entry, ...args],
    env: { HOLDFAST_BENCH_USAGE: usage, XDG_CACHE_HOME: join(folder, 'cache') },
    cwd: folder,
  });
  const measured = JSON.parse(await readFile(usage, 'utf8')) as Pick<Run, 'peakBytes' | 'processorMs'>;
  return { ...run, ...measured };
}

/** Runs all in turns, `rounds` times, so that whatever else the machine does meets all of them alike. */
export async function inTurns<Name extends string>(
  rounds: number,
  work: Readonly<Record<Name, () => Promise<Run>>>,
): Promise<Readonly<Record<Name, readonly Run[]>>> {
  const names = Object.keys(work) as Name[];
  const runs = Object.fromEntries(names.map((name) => [name, [] as Run[]])) as Record<Name, Run[]>;
  for (let round = 1; round <= rounds; round += 1) {
    for (const name of names) {
      const run = await work[name]();
      process.stderr.write(`  ${round}/${rounds} ${name}: ${(run.ms / 1_000).toFixed(2)} s\n`);
      runs[name].push(run);
    }
  }
  return runs;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

/** Of each pair, then the median: what slowed both down does not count. */
export function medianRatio(runs: readonly Run[], against: readonly Run[]): number {
  return median(runs.map(({ ms }, index) => ms / (against[index]?.ms ?? Number.NaN)));
}

/** Of all runs, the highest. */
export function peakBytes(runs: readonly Run[]): number {
  return Math.max(...runs.map((run) => run.peakBytes));
}
