import { formatBytes } from '../base/bytes.ts';
import { formatDuration } from '../base/duration.ts';
import { neutraliseWorkflowCommand } from './neutral.ts';
import { rateOf } from './progress-state.ts';
import type { ProgressState } from './progress-state.ts';

/** How often a log gets the aggregate line, in milliseconds. */
export const heartbeatEveryMs = 60_000;

/**
 * One line about everything that runs, so that a silent log never means a dead run. Undefined where nothing runs. The oldest
 * action is named, because that is the one somebody will ask about.
 */
export function heartbeatLine(state: ProgressState, nowMs: number): string | undefined {
  const running = [...state.running.values()];
  const oldest = running.reduce<(typeof running)[number] | undefined>(
    (a, b) => (a === undefined || b.startedMs < a.startedMs ? b : a),
    undefined,
  );
  if (oldest === undefined) return undefined;
  const stored = running.reduce((sum, action) => sum + action.storedBytes, 0);
  const expected = running.reduce<number | undefined>(
    (sum, action) => (sum === undefined || action.expectedBytes === undefined ? undefined : sum + action.expectedBytes),
    0,
  );
  const rate = running.reduce((sum, action) => sum + (rateOf(action, nowMs) ?? 0), 0);
  const phase = oldest.phase === undefined ? '' : ` in ${oldest.phase.name}`;
  return neutraliseWorkflowCommand(
    [
      `[RUNNING] ${running.length} running, ${state.done} done, ${state.failed} failed, ${state.notRun} not started`,
      `${formatBytes(stored)}${expected === undefined ? '' : ` of ~${formatBytes(expected)}`}${rate > 0 ? ` at ${formatBytes(rate)}/s` : ''}`,
      `longest: ${oldest.title}${phase} for ${formatDuration(nowMs - oldest.startedMs)}`,
    ].join('; '),
  );
}
