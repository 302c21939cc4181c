import { formatAddress } from '../base/address.ts';
import { formatDuration } from '../base/duration.ts';
import type { RestoreOutcome } from '../run/outcome.ts';
import { escapeControl } from './neutral.ts';
import { notReadLines, type NotRead } from './not-read-lines.ts';
import type { Paint } from './paint.ts';

export interface Restores {
  readonly outcomes: readonly RestoreOutcome[];
  /** Repositories in which other, newer backups of these databases may be. */
  readonly notRead: readonly NotRead[];
}

/** What was restored, or the numbered steps that would be taken; a failure with its reason and the next step. */
export function restoreText({ outcomes, notRead }: Restores, paint: Paint): string {
  if (outcomes.length === 0) return 'Nothing was restored: no backup fits the request.\n';
  const missing = notReadLines(notRead, paint);
  const blocks = [
    ...outcomes.map((outcome) => outcomeText(outcome, paint)),
    ...(missing.length === 0 ? [] : [missing.join('\n')]),
  ];
  const planned = outcomes.some((outcome) => outcome.state === 'planned');
  return `${[...blocks, ...(planned ? ['Nothing was written: this was a dry run.'] : [sums(outcomes)])].join('\n\n')}\n`;
}

function outcomeText(outcome: RestoreOutcome, paint: Paint): string {
  const address = escapeControl(formatAddress(outcome.address));
  switch (outcome.state) {
    case 'restored':
      return [
        `${paint.success('✓ restored')}  ${address} ${outcome.backup} as database ${escapeControl(outcome.database)} in ${formatDuration(outcome.ms)}`,
        ...outcome.notes.map((note) => `  ${paint.warning('!')} ${escapeControl(note)}`),
      ].join('\n');
    case 'planned': {
      const width = String(outcome.steps.length).length;
      return [
        `${paint.info('» would restore')}  ${address} ${outcome.backup} as database ${escapeControl(outcome.database)}`,
        ...outcome.steps.map((step, index) => `  ${String(index + 1).padStart(width)}. ${escapeControl(step)}`),
        ...outcome.notes.map((note) => `  ${paint.warning('!')} ${escapeControl(note)}`),
      ].join('\n');
    }
    case 'failed':
      return [
        `${paint.error('✗ FAILED')}  ${address}${outcome.backup === undefined ? '' : ` ${outcome.backup}`}: ${escapeControl(outcome.error.message)} [${outcome.error.code}]`,
        ...(outcome.error.hint === undefined ? [] : [`  ${escapeControl(outcome.error.hint)}`]),
      ].join('\n');
  }
  return outcome satisfies never;
}

function sums(outcomes: readonly RestoreOutcome[]): string {
  const failed = outcomes.filter((outcome) => outcome.state === 'failed').length;
  return `${outcomes.length - failed} restored, ${failed} failed.`;
}
