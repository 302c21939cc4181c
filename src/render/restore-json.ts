import type { RestoreOutcome } from '../run/outcome.ts';
import { errorJson } from './error-json.ts';

/** One JSON document: every database that was restored or would be, the sums, and the code that the process exits with. */
export function restoreJson(outcomes: readonly RestoreOutcome[], exitCode: number): string {
  const count = (state: RestoreOutcome['state']) => outcomes.filter((outcome) => outcome.state === state).length;
  const document = {
    formatVersion: 1,
    kind: 'holdfast.restore',
    outcomes: outcomes.map((outcome) =>
      outcome.state === 'failed'
        ? { ...outcome, backup: outcome.backup ?? null, error: errorJson(outcome.error) }
        : outcome,
    ),
    summary: { restored: count('restored'), planned: count('planned'), failed: count('failed') },
    exit: exitCode,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
