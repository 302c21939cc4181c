import type { PlanDocument } from '../plan/plan-document.gen.ts';
import { planDocument } from '../plan/plan-document.ts';
import type { Plan } from '../plan/plan.ts';
import { fenceFor, neutraliseFenced, neutraliseMarkdown } from './neutral.ts';
import { paint } from './paint.ts';
import { objectiveRows } from './plan-objectives.ts';
import { removalDetails } from './plan-action-lines.ts';
import { planDocumentText } from './plan-document-text.ts';
import { count, incompleteWords, reasonWords, subjectOf, sumsWords } from './plan-words.ts';

export interface PlanMarkdownOptions {
  /** Commit that was planned, for the footer. */
  readonly commit?: string;
  /** The command that makes this plan again. */
  readonly command?: string;
  /** Tells the sticky comments of several specs apart; the spec's path where absent. */
  readonly target?: string;
}

/** GitHub refuses comments of more than 65,536 characters; what wraps ours needs some of them. */
const maxCharacters = 60_000;

/**
 * A plan as a comment on a pull request: a hidden marker to find the comment again, the sums outside, every irreversible
 * deletion in a caution block, and the whole plan folded up. Names out of databases cannot mention anyone, close a fence
 * or hide anything. At most 60,000 characters: what is unchanged goes first, deletions last.
 */
export function planMarkdown(made: Plan, options: PlanMarkdownOptions = {}): string {
  const plan = planDocument(made);
  const target = (options.target ?? plan.spec.path).replace(/[^\w./]/g, '_');
  const top = [
    `<!-- holdfast:plan:${target} -->`,
    `### Backup plan: ${neutraliseMarkdown(plan.spec.path)}`,
    '',
    ...summary(plan),
  ];
  const end = ['', ...footer(plan, options), ''];
  const caution = cautionBlock(plan);
  for (const [verbose, drift] of [
    [true, true],
    [false, true],
    [false, false],
  ] as const) {
    const shown = drift
      ? plan
      : {
          ...plan,
          drift: plan.drift.map((item) => ({ ...item, diff: item.diff === '' ? '' : '(left out, see the JSON plan)' })),
        };
    const text = [
      ...top,
      ...objectiveTable(shown, verbose),
      ...caution,
      ...folded(planDocumentText(shown, { paint: paint(0), verbose })),
      ...end,
    ].join('\n');
    if (text.length <= maxCharacters) return text;
  }
  const short = [...top, ...caution, ...end].join('\n');
  if (short.length <= maxCharacters) return short;
  const room = maxCharacters - [...top, ...end].join('\n').length - 200;
  return [...top, ...cutLines(caution, room), ...end].join('\n');
}

function summary(plan: PlanDocument): readonly string[] {
  const { backUp, verify, expire, backupsRemoved, sweep, unchanged, blocked, drillsDue, errors, warnings } =
    plan.summary;
  return [
    '| back up | verify | expire | sweep | blocked | unchanged | drills due | findings |',
    '| ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |',
    `| ${backUp} | ${verify} | ${expire} (${count(backupsRemoved, 'backup')}) | ${sweep} | ${blocked} | ${unchanged} | ${drillsDue} | ${count(errors, 'error')}, ${count(warnings, 'warning')} |`,
    '',
    sumsWords(plan),
    ...incompleteWords(plan).flatMap((words) => ['', `> [!WARNING]`, `> ${neutraliseMarkdown(words)}`]),
    '',
  ];
}

function objectiveTable({ objectives }: PlanDocument, all: boolean): readonly string[] {
  const shown = objectives.filter(({ rpo, rto }) => all || rpo?.state === 'breached' || rto?.state === 'breached');
  if (shown.length === 0) return [];
  const rows = objectiveRows(shown).map((row) => `| ${row.map(neutraliseMarkdown).join(' | ')} |`);
  return ['| objectives | now | after apply |', '| --- | --- | --- |', ...rows, ''];
}

function cautionBlock(plan: PlanDocument): readonly string[] {
  const irreversible = plan.actions.filter((action) => action.irreversible);
  if (irreversible.length === 0) return [];
  const details = removalDetails(plan);
  const lines = irreversible.flatMap((action) => [
    `> - **${neutraliseMarkdown(subjectOf(action))}**: ${neutraliseMarkdown(reasonWords(action))}`,
    ...details(action).map((line) => `>   - ${neutraliseMarkdown(line.replace(/^- /, ''))}`),
  ]);
  return [
    '> [!CAUTION]',
    `> ${count(plan.summary.backupsRemoved, 'backup')} will expire. After a day their data is removed and cannot be brought back:`,
    '>',
    ...lines,
    '',
  ];
}

/** In a `diff` fence a line is coloured by its first character, so the indentation of actions goes. */
function folded(text: string): readonly string[] {
  const content = neutraliseFenced(
    text
      .trimEnd()
      .replace(/^ {2}(?=\S)/gm, '')
      .replace(/^ {6}(?=[-+])/gm, ''),
  );
  const fence = fenceFor(content);
  return ['<details><summary>Full plan</summary>', '', `${fence}diff`, content, fence, '', '</details>'];
}

function footer(plan: PlanDocument, { commit, command }: PlanMarkdownOptions): readonly string[] {
  const parts = [
    ...(commit === undefined ? [] : [`commit ${neutraliseMarkdown(commit)}`]),
    `plan ${plan.planId.slice(0, 12)}`,
    `observed ${plan.createdAt.slice(0, 19)}Z`,
  ];
  return [
    `<sub>${parts.join(' · ')}</sub>`,
    ...(command === undefined ? [] : ['', `Reproduce: ${neutraliseMarkdown(command)}`]),
  ];
}

function cutLines(lines: readonly string[], room: number): readonly string[] {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    length += line.length + 1;
    if (length > room)
      return [...kept, `> - … and more: ${lines.length - kept.length} lines are in the JSON plan only`, ''];
    kept.push(line);
  }
  return kept;
}
