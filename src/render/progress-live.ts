import { formatBytes } from '../base/bytes.ts';
import { formatDuration } from '../base/duration.ts';
import { fitted } from './fitted.ts';
import { escapeControl } from './neutral.ts';
import type { Paint } from './paint.ts';
import type { RunEvent } from '../run/events.ts';
import { progressLines } from './progress-lines.ts';
import { afterEvent, noProgress, rateOf, remainingMs } from './progress-state.ts';
import type { ProgressState, RunningAction } from './progress-state.ts';
import { openLiveBlock } from './progress-terminal.ts';
import type { TerminalLike } from './progress-terminal.ts';

export interface LiveProgress {
  /** `nowMs` is of one monotonic clock, as for `draw`. */
  event(event: RunEvent, nowMs: number): void;
  /** Repaints the block; to be called some times a second. */
  draw(nowMs: number): void;
  /** Removes the block and shows the cursor. */
  end(): void;
}

/**
 * Progress on a terminal: the block of `liveLines`, and above it one line that stays for each retry and each finished action.
 */
export function liveProgress(terminal: TerminalLike, paint: Paint): LiveProgress {
  const block = openLiveBlock(terminal);
  let state = noProgress;
  return {
    event(event, nowMs) {
      state = afterEvent(state, event, nowMs);
      const lines = progressLines(event).map((line) => fitted(line, terminal.columns || 80));
      if (event.kind === 'retry') block.print(lines.map(paint.warning));
      if (event.kind !== 'finished') return;
      block.print(lines.map(event.outcome === 'failed' ? paint.error : paint.faint));
    },
    draw(nowMs) {
      // 0 is what a terminal says that does not know.
      const size = { columns: terminal.columns || 80, rows: Math.max(1, (terminal.rows || 24) - 2) };
      block.repaint(liveLines(state, nowMs, { ...size, paint }));
    },
    end: () => block.end(),
  };
}

export interface LiveSize {
  readonly columns: number;
  /** Lines at most; what does not fit is counted in the last one. */
  readonly rows: number;
}

/**
 * One line per running action: title, phase, bytes, rate, time left. Cut to the width of the terminal, since a line that
 * wraps would be two and the next repaint would miss one.
 */
export function liveLines(
  state: ProgressState,
  nowMs: number,
  options: LiveSize & { readonly paint: Paint },
): readonly string[] {
  const actions = [...state.running.values()];
  const room = Math.max(1, options.rows);
  const shown = actions.length > room ? actions.slice(0, room - 1) : actions;
  const titleWidth = Math.max(0, ...shown.map((action) => displayWidth(escapeControl(action.title))));
  const lines = shown.map((action) =>
    actionLine(action, nowMs, { ...options, titleWidth: Math.min(titleWidth, Math.floor(options.columns / 2)) }),
  );
  return shown.length < actions.length
    ? [...lines, cut(`… and ${actions.length - shown.length} more running`, options.columns)]
    : lines;
}

function actionLine(
  action: RunningAction,
  nowMs: number,
  options: LiveSize & { readonly paint: Paint; readonly titleWidth: number },
): string {
  const { paint, columns, titleWidth } = options;
  const title = cut(escapeControl(action.title), titleWidth);
  const padded = title + ' '.repeat(Math.max(0, titleWidth - displayWidth(title)));
  const rest = cut(`  ${describe(action, nowMs)}`, Math.max(0, columns - 1 - displayWidth(padded)));
  return paint.strong(padded) + (action.retry === undefined ? rest : paint.warning(rest));
}

function describe(action: RunningAction, nowMs: number): string {
  if (action.retry !== undefined) {
    return `retry ${action.retry.attempt}/${action.retry.of} in ${formatDuration(Math.max(0, action.retry.untilMs - nowMs))}`;
  }
  const { phase } = action;
  if (phase === undefined && action.storedBytes === 0) return `starting  ${formatDuration(nowMs - action.startedMs)}`;
  const rate = rateOf(action, nowMs);
  const left = remainingMs(action, nowMs);
  return [
    ...(phase === undefined ? [] : [`${phase.number}/${phase.of} ${escapeControl(phase.name)}`]),
    ...(action.storedBytes > 0
      ? [
          `${formatBytes(action.storedBytes)}${action.expectedBytes === undefined ? '' : ` of ~${formatBytes(action.expectedBytes)}`}`,
        ]
      : []),
    ...(rate === undefined ? [] : [`${formatBytes(rate)}/s`]),
    ...(left === undefined ? [formatDuration(nowMs - (phase ?? action).startedMs)] : [`~${formatDuration(left)} left`]),
  ].join('  ');
}

/** Columns that a terminal uses, near enough: East Asian wide and emoji count two, combining marks none (UAX #11). */
function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
}

function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let out = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const next = wide.test(segment) ? 2 : 1;
    if (used + next > width - 1) break;
    out += segment;
    used += next;
  }
  return width <= 0 ? '' : `${out}…`;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{20000}-\u{3FFFD}]/u;
