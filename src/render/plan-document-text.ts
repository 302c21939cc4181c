import { formatAddress } from '../base/address.ts';
import type { Action, Finding, PlanDocument } from '../plan/plan-document.gen.ts';
import { columns } from './columns.ts';
import { escapeControl } from './neutral.ts';
import type { Paint } from './paint.ts';
import { isNotable, objectiveRows } from './plan-objectives.ts';
import {
  backUpWords,
  count,
  drillWords,
  driftWords,
  estimateWords,
  graceWords,
  incompleteWords,
  keepWords,
  marks,
  reasonWords,
  removeWords,
  sourceWords,
  subjectOf,
  sumsWords,
  type Mark,
} from './plan-words.ts';

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

interface Options {
  readonly paint: Paint;
  readonly verbose: boolean;
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

function actionLines(plan: PlanDocument, { paint, verbose }: Options): readonly string[] {
  const { actions, unchanged } = plan;
  const rest = verbose
    ? unchanged.map(
        (address) =>
          `  ${paint.faint(`${marks.unchanged.symbol} ${escapeControl(formatAddress(address))}  ${marks.unchanged.word}`)}`,
      )
    : unchanged.length === 0
      ? []
      : [`  ${paint.faint(`${count(unchanged.length, 'database')} unchanged (--verbose)`)}`];
  if (actions.length === 0)
    return [
      plan.complete && plan.blocked.length === 0
        ? 'No changes: the repository already holds what the spec asks for.'
        : 'No changes can be planned from what could be seen.',
      ...rest,
    ];
  const details = removalDetails(plan);
  const rows = columns(actions.map(actionCells));
  return [
    paint.heading('Actions:'),
    ...actions.flatMap((action, index) => [
      `  ${paintAction(action, paint)(rows[index] ?? '')}`,
      ...details(action).map((line) => `      ${paint.removed(line)}`),
    ]),
    ...rest,
  ];
}

function actionCells(action: Action): readonly string[] {
  return [
    marks[action.kind].symbol,
    escapeControl(subjectOf(action)),
    marks[action.kind].word,
    escapeControl(reasonWords(action)),
    estimateWords(action.kind, action.estimate),
    action.irreversible ? 'irreversible' : '',
    escapeControl(sourceWords(action.source)),
  ];
}

function paintAction({ kind }: Action, paint: Paint): (text: string) => string {
  return kind === 'back-up'
    ? paint.added
    : kind === 'verify'
      ? paint.changed
      : kind === 'expire'
        ? paint.removed
        : paint.faint;
}

/** One line for each backup that goes, with its reason: never elided. */
export function removalDetails({ retention }: PlanDocument): (action: Action) => readonly string[] {
  const because = new Map(
    retention.flatMap(({ remove }) => remove.map((item) => [item.backup, removeWords(item.because)] as const)),
  );
  return (action) =>
    action.kind === 'expire'
      ? action.backups.map((id) => `${marks.expire.symbol} expire ${id}  ${because.get(id) ?? ''}`)
      : [];
}

function blockedLines({ blocked }: PlanDocument, paint: Paint): readonly string[] {
  if (blocked.length === 0) return [];
  const rows = blocked.map(({ address, reason, finding }) => [
    marks.blocked.symbol,
    escapeControl(formatAddress(address)),
    marks.blocked.word,
    backUpWords(reason),
    escapeControl(finding.summary),
  ]);
  return [paint.heading('Wanted and not possible now:'), ...columns(rows).map((row) => `  ${paint.error(row)}`)];
}

function drillLines({ drills }: PlanDocument): readonly string[] {
  if (drills.length === 0) return [];
  return [
    `Due for \`backup drill --due\`: ${drills.map(({ address, reason }) => `${escapeControl(formatAddress(address))} (${drillWords(reason)})`).join(', ')}`,
  ];
}

/** One line: what is on its way out is no news, and `--verbose` names each. */
function graceLines({ inGrace }: PlanDocument, verbose: boolean): readonly string[] {
  if (inGrace.length === 0) return [];
  const head = `Expired, data still there: ${count(inGrace.length, 'backup')}${verbose ? '' : ' (--verbose)'}`;
  if (!verbose) return [head];
  return [
    `${head}; \`backup restore --set ID\` still restores them`,
    ...inGrace.map(
      ({ address, backup, dataGoesAt }) =>
        `      ${backup}  ${escapeControl(formatAddress(address))}  ${graceWords(dataGoesAt)}`,
    ),
  ];
}

function objectiveLines({ objectives }: PlanDocument, { paint, verbose }: Options): readonly string[] {
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

function keptLines({ retention }: PlanDocument, paint: Paint): readonly string[] {
  const kept = retention.filter(({ keep, frozen }) => keep.length > 0 || frozen !== null);
  if (kept.length === 0) return [];
  const lines = kept.flatMap(({ address, repository, keep, remove, frozen }) => [
    `  ${escapeControl(formatAddress(address))} in ${escapeControl(repository)}: ${keep.length} kept`,
    ...keep.map(({ backup, because }) => paint.faint(`      keep ${backup}  ${because.map(keepWords).join(', ')}`)),
    ...(frozen === null
      ? []
      : [
          `      frozen: ${escapeControl(frozen)}`,
          ...remove.map(({ backup, because }) => `      spared ${backup}  ${removeWords(because)}`),
        ]),
  ]);
  return [paint.heading('Kept:'), ...lines];
}

/** Objectives have their table; what is merely informative is for `--verbose`. */
function findingLines({ findings }: PlanDocument, { paint, verbose }: Options): readonly string[] {
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

function legendLines(plan: PlanDocument, { paint, verbose }: Options): readonly string[] {
  const present = new Set<Mark>(plan.actions.map(({ kind }) => kind));
  if (plan.drift.length > 0) present.add('drift');
  if (plan.blocked.length > 0) present.add('blocked');
  if (verbose && plan.unchanged.length > 0) present.add('unchanged');
  if (present.size === 0) return [];
  const inOrder = (Object.keys(marks) as Mark[]).filter((mark) => present.has(mark));
  return [paint.faint(`Legend: ${inOrder.map((mark) => `${marks[mark].symbol} ${marks[mark].legend}`).join('; ')}`)];
}
