import { formatAddress } from '../base/address.ts';
import type { DrillNotRun } from '../run/drill-report.ts';
import { escapeControl, neutraliseMarkdown } from './neutral.ts';
import type { Paint } from './paint.ts';

/** Why a drill did not take place, and what to do about it. Ends with a line feed. */
export function drillNotRunText({ address, error }: DrillNotRun, paint: Paint): string {
  const lines = [
    `${paint.error('✗ NOT RUN')}  drill of ${paint.strong(escapeControl(formatAddress(address)))}`,
    `  ${escapeControl(error.message)} [${error.code}]`,
    ...(error.hint === undefined ? [] : [`  ${escapeControl(error.hint)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** The same for a pull request comment, with the marker of the drill that it stands for. */
export function drillNotRunMarkdown({ address, error }: DrillNotRun): string {
  const blocks = [
    `<!-- holdfast:drill ${encodeURIComponent(formatAddress(address)).replaceAll('-', '%2D')} -->`,
    `### ❌ NOT RUN: drill of ${neutraliseMarkdown(formatAddress(address))}`,
    `**${neutraliseMarkdown(error.message)}** [${error.code}]`,
    ...(error.hint === undefined ? [] : [neutraliseMarkdown(error.hint)]),
  ];
  return `${blocks.join('\n\n')}\n`;
}
