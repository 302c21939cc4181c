import type { Action } from '../plan/plan.ts';
import type { Outcome } from '../run/events.ts';
import type { ApplyDocument, Done, Outcome as OutcomeDocument } from './apply-document.gen.ts';
import { errorJson } from './error-json.ts';

/**
 * schemas/apply.v1: every outcome in the order of the plan, the sums, and the code that the process exits with. Ends with a
 * line feed.
 */
export function applyJson(outcomes: readonly Outcome[], exitCode: number): string {
  const count = (state: Outcome['state']): number => outcomes.filter((outcome) => outcome.state === state).length;
  const document: ApplyDocument = {
    formatVersion: 1,
    kind: 'holdfast.apply',
    outcomes: outcomes.map(outcomeJson),
    summary: { done: count('done'), failed: count('failed'), notRun: count('not-run') },
    exit: exitCode,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function outcomeJson(outcome: Outcome): OutcomeDocument {
  const { id, kind, repository } = outcome.action;
  const about = { id, kind, address: addressOf(outcome.action), repository };
  switch (outcome.state) {
    case 'done':
      return {
        state: 'done',
        ...about,
        backup: outcome.backup ?? null,
        storedBytes: outcome.storedBytes ?? null,
        ms: outcome.ms,
        detail: outcome.detail,
      };
    case 'failed':
      return { state: 'failed', ...about, ms: outcome.ms, error: errorJson(outcome.error) };
    case 'not-run':
      return { state: 'not-run', ...about, because: outcome.because };
  }
  return outcome satisfies never;
}

function addressOf(action: Action): Done['address'] {
  const address = action.kind === 'sweep' ? action.expired : action.address;
  return address === undefined ? null : { server: address.server, database: address.database };
}
