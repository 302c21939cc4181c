import { formatAddress } from '../base/address.ts';
import type { Finding, PlanDocument } from '../plan/plan-document.gen.ts';
import { columns } from './columns.ts';
import { escapeControl } from './neutral.ts';
import type { Paint } from './paint.ts';
import { isNotable, objectiveRows } from './plan-objectives.ts';
import { actionLines, blockedLines, type PlanLineOptions } from './plan-action-lines.ts';
import { graceLines, keptLines } from './plan-retention-lines.ts';
import { drillWords, driftWords, incompleteWords, marks, sourceWords, sumsWords, type Mark } from './plan-words.ts';

export interface PlanTextOptions {
  readonly paint: Paint;
  /** Also what is unchanged, kept or met. Deletions are shown always and in full. */
  readonly verbose?: boolean;
}

/**
 * A plan for a person at a terminal or in a log: what changed elsewhere, what apply would do, what is due, how the
 * objectives stand, and the sums. Changes only by default. Every line has a symbol and a word. Ends with a line feed.
 */
export function planDocumentText(plan: PlanDocument, { paint, verbose = false }: PlanTextOptions): string {
  const sections = [
    [header(plan, paint)],
    driftLines(plan, paint),
    actionLines(plan, { paint, verbose }),
    blockedLines(plan, paint),
    drillLines(plan),
    graceLines(plan, verbose),
    objectiveLines(plan, { paint, verbose }),
    verbose ? keptLines(plan, paint) : [],
    findingLines(plan, { paint, verbose }),
    legendLines(plan, { paint, verbose }),
    [
      paint.strong(sumsWords(plan)),
      ...incompleteWords(plan).map((words) => `${paint.warning('Warning:')} ${escapeControl(words)}`),
    ],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function header({ spec, observed, createdAt }: PlanDocument, paint: Paint): string {
  const repositories = observed.repositories.map(({ name, location }) => `${name} ${location}`).join(', ');
  return `${paint.strong(escapeControl(spec.path))} @ ${spec.digest.slice(0, 7)}  vs  ${escapeControl(repositories)} (observed ${createdAt.slice(0, 19)}Z)`;
}

function driftLines({ drift }: PlanDocument, paint: Paint): readonly string[] {
  if (drift.length === 0) return [];
  const lines = drift.flatMap((item) => [
    `  ${paint.changed(`${marks.drift.symbol} ${escapeControl(formatAddress(item.address))}`)}  ${driftWords(item)}`,
    ...(item.diff === '' ? [] : item.diff.split('\n').map((line) => `      ${diffLine(line, paint)}`)),
  ]);
  return [paint.heading('Changed outside backup, relevant to this plan:'), ...lines];
}

function diffLine(line: string, paint: Paint): string {
  const text = escapeControl(line);
  if (text.startsWith('+')) return paint.added(text);
  return text.startsWith('-') ? paint.removed(text) : paint.faint(text);
}

function drillLines({ drills }: PlanDocument): readonly string[] {
  if (drills.length === 0) return [];
  return [
    `Due for \`backup drill --due\`: ${drills.map(({ address, reason }) => `${escapeControl(formatAddress(address))} (${drillWords(reason)})`).join(', ')}`,
  ];
}

function objectiveLines({ objectives }: PlanDocument, { paint, verbose }: PlanLineOptions): readonly string[] {
  const shown = verbose ? objectives : objectives.filter(isNotable);
  if (shown.length === 0) return [];
  const rows = [
    ['Objectives', 'now', 'after apply'],
    ...objectiveRows(shown).map(([address, now, after]) => [`  ${escapeControl(address)}`, now, after]),
  ];
  const [head = '', ...lines] = columns(rows);
  return [
    paint.heading(head),
    ...lines.map((line) =>
      /BREACH/.test(line) ? paint.error(line) : /AT RISK|UNKNOWN|UNPROVEN/.test(line) ? paint.warning(line) : line,
    ),
  ];
}

/** Objectives have their table; what is merely informative is for `--verbose`. */
function findingLines({ findings }: PlanDocument, { paint, verbose }: PlanLineOptions): readonly string[] {
  const shown = findings.filter(
    ({ code, severity }) => !code.startsWith('objective/') && (verbose || severity !== 'info'),
  );
  return shown.length === 0
    ? []
    : [paint.heading('Findings:'), ...shown.flatMap((finding) => findingText(finding, paint))];
}

function findingText({ severity, code, summary, subject, help, source }: Finding, paint: Paint): readonly string[] {
  const about = subject === null || summary.includes(subject) ? '' : `${escapeControl(subject)}: `;
  const at = sourceWords(source) === '' ? '' : `  ${escapeControl(sourceWords(source))}`;
  return [
    `  ${paint[severity](`${severity}[${code}]`)} ${about}${escapeControl(summary)}${at}`,
    ...(help === null ? [] : [`      help: ${escapeControl(help)}`]),
  ];
}

function legendLines(plan: PlanDocument, { paint, verbose }: PlanLineOptions): readonly string[] {
  const present = new Set<Mark>(plan.actions.map(({ kind }) => kind));
  if (plan.drift.length > 0) present.add('drift');
  if (plan.blocked.length > 0) present.add('blocked');
  if (verbose && plan.unchanged.length > 0) present.add('unchanged');
  if (present.size === 0) return [];
  const inOrder = (Object.keys(marks) as Mark[]).filter((mark) => present.has(mark));
  return [paint.faint(`Legend: ${inOrder.map((mark) => `${marks[mark].symbol} ${marks[mark].legend}`).join('; ')}`)];
}
