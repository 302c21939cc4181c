import { productNames } from '../base/engine-name.ts';
import { formatBytes } from '../base/bytes.ts';
import { formatDuration } from '../base/duration.ts';
import type { DrillCheck, DrillDifference, DrillReport } from '../run/drill-report.ts';
import { describeObjective, describeTarget, nameDifference, summariseDrill } from './drill-summary.ts';
import type { DrillSummary } from './drill-summary.ts';
import { neutraliseMarkdown } from './neutral.ts';

/**
 * The evidence for a pull request comment or a ticket. The first line is a hidden marker with the address, so that one
 * comment can be found and rewritten. Stays below 60,000 characters (GitHub refuses more than 65,536): first the classes
 * that are no failure go, then the long lists of failures are cut, and the text says so.
 */
export function drillMarkdown(report: DrillReport): string {
  const summary = summariseDrill(report);
  for (const room of rooms) {
    const text = document(report, summary, room);
    if (text.length <= limit) return text;
  }
  return document(report, summary, { failures: 0, others: 0, value: 40 });
}

const limit = 60_000;

interface Room {
  readonly failures: number;
  readonly others: number;
  readonly value: number;
}

const rooms: readonly Room[] = [
  { failures: Infinity, others: 200, value: 300 },
  { failures: Infinity, others: 0, value: 300 },
  { failures: 150, others: 0, value: 100 },
  { failures: 40, others: 0, value: 60 },
];

function document(report: DrillReport, summary: DrillSummary, room: Room): string {
  const passed = summary.verdict === 'PASSED';
  const blocks = [
    `<!-- holdfast:drill ${encodeURIComponent(`${report.address.server}/${report.address.database}`).replaceAll('-', '%2D')} -->`,
    `### ${passed ? '✅ PASSED' : '❌ FAILED'}: drill of ${address(report)}`,
    `**${neutraliseMarkdown(summary.because)}**`,
    facts(report),
    checks(summary),
    failures(summary.failedChecks, room),
    strict(summary.differences.strict, room),
    others(summary, room),
    list(
      'The backup itself says that it lacks',
      report.degradations.map((one) => `${one.code}: ${one.subject}: ${one.detail}`),
      room,
    ),
    list('Notes', report.notes, room),
    phases(report),
    footer(report),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function facts(report: DrillReport): string {
  const { backup, restoration } = report;
  const error = restoration.error === null ? '' : `: ${restoration.error.message} [${restoration.error.code}]`;
  return table(
    ['', ''],
    [
      [
        'Backup',
        `${backup.id}, snapshot ${backup.snapshotAt}, ${productNames[backup.engine]} ${backup.sourceVersion}, ${backup.tables} tables, ${backup.rows} rows, ${formatBytes(backup.plainBytes)}`,
      ],
      ['Target', describeTarget(report.target)],
      ['Not a source', report.target.notASource],
      ['Restore', `${restoration.state}${error}`],
      ['Level', `${report.level} asked for, ${report.reached ?? 'none'} reached`],
      ['Recovery time', describeObjective(report.rto)],
      ['Age of the data', describeObjective(report.dataAge)],
      ['Teardown', `${report.teardown.state}${report.teardown.detail === '' ? '' : `: ${report.teardown.detail}`}`],
    ],
  );
}

function checks(summary: DrillSummary): string {
  return table(
    ['Checks', 'passed', 'failed', 'not checked'],
    summary.groups.map((group) => [group.title, String(group.passed), String(group.failed), String(group.notChecked)]),
  );
}

function failures(failed: readonly DrillCheck[], room: Room): string {
  if (failed.length === 0) return '';
  const rows = failed
    .slice(0, room.failures)
    .map((one) => [`${one.level} ${one.kind}`, one.name, ...pair(one, room), short(one.detail ?? '', room)]);
  return [
    `**Failed checks (${failed.length})**`,
    table(['Check', 'Name', 'Expected', 'Actual', 'Detail'], rows),
    ...more(failed.length - rows.length),
  ].join('\n\n');
}

function strict(differences: readonly DrillDifference[], room: Room): string {
  if (differences.length === 0) return '';
  const rows = differences.slice(0, room.failures).map((one) => [nameDifference(one), ...pair(one, room)]);
  return [
    `**Strict differences (${differences.length}): these had to be equal**`,
    table(['What', 'Expected', 'Actual'], rows),
    ...more(differences.length - rows.length),
  ].join('\n\n');
}

function others(summary: DrillSummary, room: Room): string {
  const all = (['interval', 'recomputed', 'informational'] as const).flatMap((name) => summary.differences[name]);
  if (all.length === 0) return '';
  const rows = all.slice(0, room.others).map((one) => [one.class, nameDifference(one), short(one.because ?? '', room)]);
  const body = [
    ...(rows.length === 0 ? [] : [table(['Class', 'What', 'Because'], rows)]),
    ...more(all.length - rows.length),
  ];
  return details(`Other differences (${all.length}), not a failure`, body.join('\n\n'));
}

function phases(report: DrillReport): string {
  if (report.phases.length === 0) return '';
  return details(
    'Phases',
    table(
      ['Phase', 'Time'],
      report.phases.map((one) => [one.phase, formatDuration(one.ms)]),
    ),
  );
}

function list(title: string, lines: readonly string[], room: Room): string {
  if (lines.length === 0) return '';
  const shown = lines.slice(0, Math.max(20, room.others));
  return [
    `**${title} (${lines.length})**`,
    shown.map((line) => `- ${neutraliseMarkdown(short(line, room))}`).join('\n'),
    ...more(lines.length - shown.length),
  ].join('\n\n');
}

function footer(report: DrillReport): string {
  const { run } = report.trigger;
  const link = run !== null && /^https?:\/\/[\w.~:/?#%=&+-]+$/.test(run) ? `, [run](${run})` : '';
  const spec =
    report.spec === null
      ? 'without a spec'
      : `spec ${neutraliseMarkdown(report.spec.file)} \`${hex(report.spec.digest)}\``;
  return [
    `<sub>${neutraliseMarkdown(`${report.startedAt} to ${report.finishedAt}, by ${report.trigger.user} on ${report.trigger.host}`)}${link} ·`,
    `${neutraliseMarkdown(`${report.tool.name} ${report.tool.version}`)} · ${spec} ·`,
    `manifest \`${hex(report.backup.manifestSha256)}\` · contents \`${hex(report.backup.contentsSha256)}\`</sub>`,
  ].join('\n');
}

const hex = (digest: string): string => digest.replace(/[^0-9a-f]/g, '').slice(0, 64);
const address = (report: DrillReport): string =>
  neutraliseMarkdown(`${report.address.server}/${report.address.database}`);

function pair(of: { readonly expected: string | null; readonly actual: string | null }, room: Room): readonly string[] {
  return [short(of.expected ?? '(none)', room), short(of.actual ?? '(none)', room)];
}

function short(text: string, room: Room): string {
  return text.length > room.value ? `${text.slice(0, room.value)}… (${text.length} characters)` : text;
}

function more(left: number): readonly string[] {
  return left > 0 ? [`… and ${left} more, all in the JSON evidence.`] : [];
}

/** Cells are plain text: everything is neutralised here, once. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map((row) => line(row.map(neutraliseMarkdown)))].join('\n');
}

function details(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}
