import { formatAddress } from '../base/address.ts';
import type { Action, PlanDocument } from '../plan/plan-document.gen.ts';
import { columns } from './columns.ts';
import { escapeControl } from './neutral.ts';
import type { Paint } from './paint.ts';
import {
  backUpWords,
  count,
  estimateWords,
  marks,
  reasonWords,
  removeWords,
  sourceWords,
  subjectOf,
} from './plan-words.ts';

/** How the parts of a plan are written. */
export interface PlanLineOptions {
  readonly paint: Paint;
  readonly verbose: boolean;
}

/** What apply would do, and what is unchanged. */
export function actionLines(plan: PlanDocument, { paint, verbose }: PlanLineOptions): readonly string[] {
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

/** What is wanted and not possible now. */
export function blockedLines({ blocked }: PlanDocument, paint: Paint): readonly string[] {
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
