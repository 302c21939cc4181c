// bench/main.ts [--quick] [--rounds N] [--major N]… [--only planning|databases] [--write]
import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openScratch } from '../src/system/scratch.ts';
import { majors } from '../test/support/postgresql-majors.ts';
import { backupAndDrill } from './backup-and-drill.ts';
import { planning } from './planning.ts';
import { machine } from './table.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    major: { type: 'string', multiple: true },
    only: { type: 'string' },
  },
});
const { quick } = options;
const rounds = Number(options.rounds ?? (quick ? 1 : 3));
const chosen =
  options.major?.map(Number) ?? [...new Set([majors[0], majors.at(-1)])].filter((major) => major !== undefined);
const load = loadavg()[0] ?? 0;

// Goes also where the benchmark is killed.
await using scratch = await openScratch('bench');
const folder = scratch.path;
const sections: string[] = [];
if (options.only !== 'planning')
  for (const major of chosen) sections.push(await backupAndDrill({ major, scale: quick ? 0.1 : 1, rounds, folder }));
if (options.only !== 'databases')
  sections.push(await planning({ databases: quick ? 100 : 1_000, backupsEach: 60, rounds, folder }));
const report = [
  '# Performance',
  '',
  'Written by `npm run bench -- --write`. Ratios are medians of paired runs; peak memory and processor time are those of the Holdfast process, without the programs that it starts.',
  '',
  `Machine: ${machine(load)}.`,
  '',
  ...sections,
].join('\n');
if (options.write) await writeFile(join(import.meta.dirname, '../docs/performance.md'), report);
process.stdout.write(report);
