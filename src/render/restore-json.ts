import type { RestoreOutcome } from '../run/outcome.ts';
import { errorJson } from './error-json.ts';
import { notReadJson } from './not-read-lines.ts';
import type { Outcome, RestoreDocument } from './restore-document.gen.ts';
import type { Restores } from './restore-text.ts';

/**
 * schemas/restore.v1: every database that was restored or would be, the sums, and the code that the process exits with. Ends
 * with a line feed.
 */
export function restoreJson({ outcomes, notRead }: Restores, exitCode: number): string {
  const count = (state: RestoreOutcome['state']): number =>
    outcomes.filter((outcome) => outcome.state === state).length;
  const document: RestoreDocument = {
    formatVersion: 1,
    kind: 'holdfast.restore',
    outcomes: outcomes.map(outcomeJson),
    repositoriesNotRead: notRead.map(notReadJson),
    summary: { restored: count('restored'), planned: count('planned'), failed: count('failed') },
    exit: exitCode,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function outcomeJson(outcome: RestoreOutcome): Outcome {
  const address = { server: outcome.address.server, database: outcome.address.database };
  switch (outcome.state) {
    case 'restored':
      return { ...outcome, address, notes: [...outcome.notes] };
    case 'planned':
      return { ...outcome, address, steps: [...outcome.steps], notes: [...outcome.notes] };
    case 'failed':
      return { state: 'failed', address, backup: outcome.backup ?? null, error: errorJson(outcome.error) };
  }
  return outcome satisfies never;
}
