import { formatAddress } from '../base/address.ts';
import { formatBytes } from '../base/bytes.ts';
import { formatDuration } from '../base/duration.ts';
import type { Action } from '../plan/plan.ts';
import type { Outcome } from '../run/events.ts';
import { escapeControl } from './neutral.ts';
import type { Paint } from './paint.ts';

/**
 * What became of every planned action, in the order of the plan, then the sums and the next step. Failed and not started
 * actions carry their reason; none is elided.
 */
export function applyText(outcomes: readonly Outcome[], paint: Paint): string {
  if (outcomes.length === 0) return 'Nothing to do: the repository already holds what the spec asks for.\n';
  const width = Math.min(48, Math.max(...outcomes.map((outcome) => describeAction(outcome.action).length)));
  const lines = outcomes.map((outcome, index) => {
    const number = `[${String(index + 1).padStart(String(outcomes.length).length)}/${outcomes.length}]`;
    return outcomeLines(outcome, `${number} `, width, paint);
  });
  return `${[...lines, '', sums(outcomes), ...nextSteps(outcomes)].join('\n')}\n`;
}

/** `back up wfdb02/botpress_db`: one line, without control characters. */
export function describeAction(action: Action): string {
  switch (action.kind) {
    case 'back-up':
      return escapeControl(`back up ${formatAddress(action.address)}`);
    case 'verify':
      return escapeControl(`verify  ${formatAddress(action.address)} ${action.backup}`);
    case 'expire':
      return escapeControl(`expire  ${formatAddress(action.address)} ${action.backups.join(', ')}`);
    case 'sweep':
      return escapeControl(`sweep   ${action.backup}`);
  }
  return action satisfies never;
}

function outcomeLines(outcome: Outcome, number: string, width: number, paint: Paint): string {
  const action = describeAction(outcome.action).padEnd(width);
  switch (outcome.state) {
    case 'done': {
      const stored = outcome.storedBytes === undefined ? '' : `, ${formatBytes(outcome.storedBytes)} stored`;
      const backup = outcome.backup === undefined || outcome.action.kind !== 'back-up' ? '' : `${outcome.backup}, `;
      const detail = outcome.detail === '' ? '' : `; ${escapeControl(outcome.detail)}`;
      return `${number}${paint.success('✓ done       ')}  ${action}  ${backup}${formatDuration(outcome.ms)}${stored}${detail}`;
    }
    case 'failed': {
      const line = `${number}${paint.error('✗ failed     ')}  ${action}  after ${formatDuration(outcome.ms)}: ${escapeControl(outcome.error.message)} [${outcome.error.code}]`;
      return outcome.error.hint === undefined
        ? line
        : `${line}\n${' '.repeat(number.length + 15)}${escapeControl(outcome.error.hint)}`;
    }
    case 'not-run':
      return `${number}${paint.warning('· not started')}  ${action}  ${escapeControl(outcome.because)}`;
  }
  return outcome satisfies never;
}

function sums(outcomes: readonly Outcome[]): string {
  const count = (state: Outcome['state']) => outcomes.filter((outcome) => outcome.state === state).length;
  const stored = outcomes.reduce(
    (sum, outcome) => sum + (outcome.state === 'done' ? (outcome.storedBytes ?? 0) : 0),
    0,
  );
  return `${count('done')} done, ${count('failed')} failed, ${count('not-run')} not started.${stored > 0 ? ` ${formatBytes(stored)} stored.` : ''}`;
}

function nextSteps(outcomes: readonly Outcome[]): readonly string[] {
  // A removal that nobody approved is no more approved the next time; its own line says what it needs.
  const unfinished = outcomes.some(
    ({ state, action }) => state === 'failed' || (state === 'not-run' && !action.irreversible),
  );
  const backedUp = outcomes.some((outcome) => outcome.state === 'done' && outcome.action.kind === 'back-up');
  const bug = outcomes.some((outcome) => outcome.state === 'failed' && outcome.error.code === 'internal/bug');
  return [
    ...(bug ? ['[internal/bug] is a defect in Holdfast itself: please report it.'] : []),
    ...(unfinished ? [again(outcomes)] : []),
    ...(backedUp && !unfinished
      ? ['Next: `backup drill --due` proves on a clean server that these backups come back.']
      : []),
  ];
}

/** What was only asked for is not due, and the plain command would find nothing to do. */
function again(outcomes: readonly Outcome[]): string {
  const missing = outcomes.flatMap(({ state, action }) =>
    state !== 'done' && action.kind === 'back-up' ? [action] : [],
  );
  if (!missing.some(({ because }) => because.kind === 'asked'))
    return 'Next: run `backup apply` again. It plans only what is still missing; nothing has to be undone first.';
  const only =
    missing.length > 3
      ? '--only ADDRESS …'
      : missing.map(({ address }) => `--only '${escapeControl(formatAddress(address))}'`).join(' ');
  return `Next: run \`backup apply --now ${only}\`: without --now it takes only what is due. Nothing has to be undone first.`;
}
