import { formatBytes } from '../base/bytes.ts';
import { formatDuration } from '../base/duration.ts';
import type { RunEvent } from '../run/events.ts';
import { escapeControl, neutraliseWorkflowCommand } from './neutral.ts';
import { heartbeatLine } from './progress-heartbeat.ts';
import { afterEvent, noProgress } from './progress-state.ts';

export interface LineProgress {
  /** The lines to print now. `nowMs` is of one monotonic clock, as for `heartbeat`. */
  event(event: RunEvent, nowMs: number): readonly string[];
  /** One line about everything that runs, or none; to be asked for once a minute. */
  heartbeat(nowMs: number): readonly string[];
}

/**
 * Progress as a log shows it. On GitHub each action's lines are held back until it is finished and then come as one group,
 * because groups do not nest and actions run at the same time; until then its start and the heartbeat speak for it.
 */
export function lineProgress(options: { readonly github: boolean }): LineProgress {
  let state = noProgress;
  const held = new Map<string, readonly string[]>();
  return {
    event(event, nowMs) {
      state = afterEvent(state, event, nowMs);
      const lines = progressLines(event);
      if (!options.github || event.kind === 'started') return lines;
      const group = [...(held.get(event.key) ?? []), ...lines];
      held.set(event.key, group);
      if (event.kind !== 'finished') return [];
      held.delete(event.key);
      // What failed also stands outside its group: groups come folded.
      return [...groupedLines(event.key, group), ...(event.outcome === 'failed' ? lines : [])];
    },
    heartbeat(nowMs) {
      const line = heartbeatLine(state, nowMs);
      return line === undefined ? [] : [line];
    },
  };
}

/**
 * Lines for a log: what happened, one line each. A phase has a start and an end line; bytes that pass are in the heartbeat
 * only. No line can be a workflow command, whatever a database is called. Of `progress` nothing is printed.
 */
export function progressLines(event: RunEvent): readonly string[] {
  return lineOf(event).map(neutraliseWorkflowCommand);
}

/** Lines folded under a title on GitHub Actions; neither the title nor a line can be another command. */
export function groupedLines(title: string, lines: readonly string[]): readonly string[] {
  // In a command's text `%25` is decoded to `%` (actions/toolkit, `escapeData`); line ends are gone already.
  const data = escapeControl(title).replaceAll('%', '%25');
  return [`::group::${data}`, ...lines.map(neutraliseWorkflowCommand), '::endgroup::'];
}

function lineOf(event: RunEvent): readonly string[] {
  switch (event.kind) {
    case 'started':
      return [`[START] ${event.title}`];
    case 'phase':
      return [`[PHASE ${event.number}/${event.of}] ${event.phase}  ${event.subject}`];
    case 'phase-done': {
      const size = event.bytes === undefined ? 'done' : formatBytes(event.bytes);
      return [
        `[PHASE ${event.number}/${event.of}] ${event.phase}  ${event.subject}  ${size} in ${formatDuration(event.ms)}${rate(event.bytes, event.ms)}`,
      ];
    }
    case 'progress':
      return [];
    case 'retry':
      return [
        `[RETRY ${event.attempt}/${event.of}] ${event.key}  again in ${formatDuration(event.waitMs)}: ${event.reason}`,
      ];
    case 'finished': {
      const time = event.outcome === 'not-run' ? '' : `  after ${formatDuration(event.ms)}`;
      return [`[${words[event.outcome]}] ${event.key}${time}${event.summary === '' ? '' : `: ${event.summary}`}`];
    }
  }
  return event satisfies never;
}

const words = { done: 'DONE', failed: 'FAILED', 'not-run': 'NOT STARTED' } as const;

function rate(bytes: number | undefined, ms: number): string {
  return bytes === undefined || ms < 1_000 ? '' : ` (${formatBytes((bytes * 1_000) / ms)}/s)`;
}
