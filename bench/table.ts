import { cpus, release, totalmem } from 'node:os';
import { formatBytes } from '../src/base/bytes.ts';
import type { Figure } from './aims.ts';
import { median, medianRatio, peakBytes, type Run } from './measure.ts';

/** A part of the report, and what the aims need of it. */
export interface Report {
  readonly section: string;
  readonly figures: readonly Figure[];
}

export interface Row {
  readonly what: string;
  readonly runs: readonly Run[];
  /** What it is compared with, run in turns with it. */
  readonly against?: { readonly what: string; readonly runs: readonly Run[] };
}

/** One section of the report as Markdown. */
export function section(title: string, note: string, rows: readonly Row[]): string {
  const lines = rows.map(({ what, runs, against }) =>
    [
      what,
      times(runs),
      memory(runs),
      processor(runs),
      against === undefined ? '' : `${against.what}: ${times(against.runs)}`,
      ratio(runs, against?.runs),
    ].join(' | '),
  );
  return [
    `## ${title}`,
    '',
    note,
    '',
    '| what | median (min–max) | peak memory of Holdfast | its processor time | compared with | ratio |',
    '|---|---|---|---|---|---|',
    ...lines.map((line) => `| ${line} |`),
    '',
  ].join('\n');
}

/** The machine, in one line. `load` is the load average when the benchmark began. */
export function machine(load: number): string {
  const [first] = cpus();
  return `${cpus().length} × ${first?.model ?? 'unknown processor'}, ${formatBytes(totalmem())} memory, Linux ${release()}, Node ${process.versions.node}, load average ${load.toFixed(1)} at the start`;
}

function times(runs: readonly Run[]): string {
  const values = runs.map(({ ms }) => ms);
  return values.length === 1
    ? span(median(values))
    : `${span(median(values))} (${span(Math.min(...values))}–${span(Math.max(...values))})`;
}

function span(ms: number): string {
  return ms < 100
    ? `${ms.toFixed(1)} ms`
    : ms < 1_000
      ? `${Math.round(ms)} ms`
      : `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

function memory(runs: readonly Run[]): string {
  const peak = peakBytes(runs);
  return peak > 0 ? formatBytes(peak) : '';
}

function processor(runs: readonly Run[]): string {
  const used = median(runs.map(({ processorMs }) => processorMs));
  return used > 0 ? span(used) : '';
}

function ratio(runs: readonly Run[], against: readonly Run[] | undefined): string {
  return against === undefined ? '' : `${medianRatio(runs, against).toFixed(2)}×`;
}
