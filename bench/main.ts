// bench/main.ts [--quick] [--rounds N] [--only planning|postgresql|mysql]… [--major N]… [--write]
import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openScratch } from '../src/system/scratch.ts';
import { flavours } from '../test/support/mysql.ts';
import { majors } from '../test/support/postgresql-majors.ts';
import { aimsSection } from './aims.ts';
import { mysqlBackupAndDrill } from './mysql.ts';
import { planning } from './planning.ts';
import { backupAndDrill } from './postgresql.ts';
import { machine, type Report } from './table.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    major: { type: 'string', multiple: true },
    only: { type: 'string', multiple: true },
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
const reports: Report[] = [];
const wanted = (part: string): boolean => options.only?.includes(part) ?? true;
const scale = quick ? 0.1 : 1;
if (wanted('postgresql'))
  for (const major of chosen) reports.push(await backupAndDrill({ major, scale, rounds, folder }));
// The newest of each.
const newest = [...Map.groupBy(flavours, ({ engine }) => engine).values()].flatMap(([first]) => first ?? []);
if (wanted('mysql'))
  for (const flavour of newest) reports.push(await mysqlBackupAndDrill({ flavour, scale, rounds, folder }));
if (wanted('planning'))
  reports.push(await planning({ databases: quick ? 100 : 1_000, backupsEach: 60, rounds, folder }));
const report = [
  '# Performance',
  '',
  ...(quick ? ['**Of a small run (`--quick`): no measure of the aims.**', ''] : []),
  'Written by `npm run bench -- --write`. Ratios are medians of paired runs; peak memory and processor time are those of the Holdfast process, without the programs that it starts.',
  '',
  `Machine: ${machine(load)}.`,
  '',
  ...reports.map(({ section }) => section),
  aimsSection(reports.flatMap(({ figures }) => figures)),
  'What apply adds to a dump is the decoding and hashing of every byte, on the two processors that the dump and the server use as well; what a drill adds to a restore is reading all rows back.',
  '',
].join('\n');
if (options.write) await writeFile(join(import.meta.dirname, '../docs/performance.md'), report);
process.stdout.write(report);
