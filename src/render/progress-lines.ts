import { formatBytes } from '../base/bytes.ts';
import { formatDuration } from '../base/duration.ts';
import type { RunEvent } from '../run/events.ts';
import { escapeControl, neutraliseWorkflowCommand } from './neutral.ts';

/**
 * Lines for a log: what happened, one line each. A phase has a start and an end line; bytes that pass are in the heartbeat
 * only. No line can be a workflow command, whatever a database is called. Of `progress` nothing is printed.
 */
export function progressLines(event: RunEvent): readonly string[] {
  return lineOf(event).map(neutraliseWorkflowCommand);
}

/**
 * The same for GitHub Actions: every action is a group, so its lines must come together. The caller holds back the lines
 * of an action until it is finished (`groupedLines`), because groups do not nest and actions run at the same time.
 */
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
