import { productNames } from '../base/engine-name.ts';
import { formatBytes } from '../base/bytes.ts';
import { formatDuration } from '../base/duration.ts';
import type { DrillCheck, DrillDifference, DrillReport } from '../run/drill-report.ts';
import { describeObjective, describeTarget, nameDifference, summariseDrill } from './drill-summary.ts';
import type { CheckGroup, DrillSummary } from './drill-summary.ts';
import { escapeControl } from './neutral.ts';
import type { Paint } from './paint.ts';

/**
 * The verdict as an operator reads it: first the answer, then what failed by name, then the proof around it. Failed checks
 * and strict differences are never elided; the other classes are cut after `shortList` lines, the JSON has them all.
 */
export function drillText(report: DrillReport, paint: Paint): string {
  const summary = summariseDrill(report);
  const blocks = [
    headline(report, summary, paint),
    facts(report, paint),
    checkTable(summary.groups, paint),
    failedChecks(summary.failedChecks, paint),
    strictDifferences(summary.differences.strict, paint),
    ...(['interval', 'recomputed', 'informational'] as const).map((name) =>
      otherDifferences(name, summary.differences[name], paint),
    ),
    objectives(report, paint),
    phases(report, paint),
    list(
      'The backup itself says that it lacks',
      report.degradations.map((one) => `${one.code}  ${one.subject}: ${one.detail}`),
      paint,
    ),
    list('Notes', report.notes, paint),
    ending(report, paint),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

const shortList = 12;
const valueLimit = 600;

function headline(report: DrillReport, summary: DrillSummary, paint: Paint): string {
  const word = summary.verdict === 'PASSED' ? paint.success(paint.strong('✓ PASSED')) : paint.error('✗ FAILED');
  const address = escapeControl(`${report.address.server}/${report.address.database}`);
  return `${word}  drill of ${paint.strong(address)}, backup ${escapeControl(report.backup.id)}, on ${escapeControl(report.target.name)}\n  ${escapeControl(summary.because)}`;
}

function facts(report: DrillReport, paint: Paint): string {
  const { backup } = report;
  const restoration =
    report.restoration.error === null
      ? report.restoration.state
      : `${report.restoration.state}: ${report.restoration.error.message} [${report.restoration.error.code}]`;
  const rows: [string, string][] = [
    [
      'backup',
      `snapshot ${backup.snapshotAt}, ${productNames[backup.engine]} ${backup.sourceVersion}, ${count(backup.tables, 'table')}, ${count(backup.rows, 'row')}, ${formatBytes(backup.plainBytes)}`,
    ],
    ['target', describeTarget(report.target)],
    ['', report.target.notASource],
    ['restore', restoration],
    ['level', `${report.level} asked for, ${report.reached ?? 'none'} reached`],
  ];
  return rows
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `  ${paint.faint(name.padEnd(9))} ${escapeControl(value)}`)
    .join('\n');
}

function checkTable(groups: readonly CheckGroup[], paint: Paint): string {
  const lines = groups.map((group) => {
    const none = group.checks.length === 0;
    const line = `${group.title.padEnd(20)}${String(group.passed).padStart(7)}${String(group.failed).padStart(8)}${String(group.notChecked).padStart(13)}`;
    if (group.failed > 0) return `  ${paint.error(`✗ ${line}  failed`)}`;
    if (none) return `  ${paint.faint(`· ${line}  none`)}`;
    return group.passed > 0
      ? `  ${paint.success('✓')} ${line}  passed`
      : `  ${paint.warning(`! ${line}  not checked`)}`;
  });
  return [`${paint.strong('Checks'.padEnd(24))} passed  failed  not checked`, ...lines].join('\n');
}

function failedChecks(checks: readonly DrillCheck[], paint: Paint): string {
  if (checks.length === 0) return '';
  return [
    paint.strong(`Failed checks (${checks.length})`),
    ...checks.map((check) =>
      [
        `  ${paint.error('✗ failed')}  ${check.level} ${check.kind}: ${escapeControl(check.name)}`,
        ...values(check),
        ...(check.detail === null ? [] : [`      detail    ${shown(check.detail)}`]),
      ].join('\n'),
    ),
  ].join('\n');
}

function strictDifferences(differences: readonly DrillDifference[], paint: Paint): string {
  if (differences.length === 0) return '';
  return [
    paint.strong(`Strict differences (${differences.length}): these had to be equal`),
    ...differences.map((one) =>
      [`  ${paint.error('≠ differs')}  ${escapeControl(nameDifference(one))}`, ...values(one)].join('\n'),
    ),
  ].join('\n');
}

/** Grouped by reason, because a reason explains many names at once. */
function otherDifferences(
  name: DrillDifference['class'],
  differences: readonly DrillDifference[],
  paint: Paint,
): string {
  if (differences.length === 0) return '';
  const lines: string[] = [];
  const byReason = Map.groupBy(differences, (one) => one.because ?? 'no reason given');
  for (const [because, group] of byReason) {
    lines.push(`  ${escapeControl(because)}:`, ...group.map((one) => `    ~ ${escapeControl(nameDifference(one))}`));
  }
  const cut =
    lines.length > shortList
      ? [...lines.slice(0, shortList), `    … and ${lines.length - shortList} more lines, all in the JSON evidence`]
      : lines;
  return [paint.strong(`Differences of class ${name} (${differences.length}), not a failure`), ...cut].join('\n');
}

function objectives(report: DrillReport, paint: Paint): string {
  const line = (title: string, objective: DrillReport['rto']) => {
    const text = `  ${title.padEnd(15)} ${describeObjective(objective)}`;
    return objective.state === 'breached' ? paint.error(text) : text;
  };
  return [paint.strong('Objectives'), line('recovery time', report.rto), line('age of the data', report.dataAge)].join(
    '\n',
  );
}

function phases(report: DrillReport, paint: Paint): string {
  if (report.phases.length === 0) return '';
  return [
    paint.strong('Phases'),
    ...report.phases.map((one) => `  ${one.phase.padEnd(12)}${formatDuration(one.ms).padStart(9)}`),
  ].join('\n');
}

function list(title: string, lines: readonly string[], paint: Paint): string {
  if (lines.length === 0) return '';
  return [paint.strong(title), ...lines.map((line) => `  ${paint.warning('!')} ${escapeControl(line)}`)].join('\n');
}

function ending(report: DrillReport, paint: Paint): string {
  const teardown = `Teardown ${report.teardown.state}${report.teardown.detail === '' ? '' : `: ${report.teardown.detail}`}`;
  const lines = [
    `${report.startedAt} to ${report.finishedAt}, started by ${report.trigger.user} on ${report.trigger.host}${report.trigger.run === null ? '' : `, ${report.trigger.run}`}`,
    `${report.tool.name} ${report.tool.version}${report.spec === null ? ', without a spec' : `, spec ${report.spec.file} sha256 ${report.spec.digest}`}`,
    `manifest sha256 ${report.backup.manifestSha256}`,
    `contents sha256 ${report.backup.contentsSha256}`,
  ];
  const first =
    report.teardown.state === 'failed' ? paint.error(`✗ ${escapeControl(teardown)}`) : escapeControl(teardown);
  return [first, ...lines.map((line) => paint.faint(escapeControl(line)))].join('\n');
}

function values(of: { readonly expected: string | null; readonly actual: string | null }): readonly string[] {
  if (of.expected === null && of.actual === null) return [];
  return [`      expected  ${shown(of.expected)}`, `      actual    ${shown(of.actual)}`];
}

function shown(value: string | null): string {
  if (value === null) return '(not there, or not shown)';
  const text =
    value.length > valueLimit
      ? `${value.slice(0, valueLimit)}… (${value.length} characters, all in the JSON evidence)`
      : value;
  return escapeControl(text);
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}
