import type { Address } from '../base/address.ts';
import type { Action } from '../plan/plan.ts';
import type { Outcome } from '../run/events.ts';
import { errorJson } from './error-json.ts';

/** One JSON document: every outcome in the order of the plan, the sums, and the code that the process exits with. */
export function applyJson(outcomes: readonly Outcome[], exitCode: number): string {
  const count = (state: Outcome['state']) => outcomes.filter((outcome) => outcome.state === state).length;
  const document = {
    formatVersion: 1,
    kind: 'holdfast.apply',
    outcomes: outcomes.map(outcomeJson),
    summary: { done: count('done'), failed: count('failed'), notRun: count('not-run') },
    exit: exitCode,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function outcomeJson(outcome: Outcome): object {
  const { action } = outcome;
  const about = {
    state: outcome.state,
    id: action.id,
    kind: action.kind,
    address: addressOf(action),
    repository: action.repository,
  };
  switch (outcome.state) {
    case 'done':
      return {
        ...about,
        backup: outcome.backup ?? null,
        storedBytes: outcome.storedBytes ?? null,
        ms: outcome.ms,
        detail: outcome.detail,
      };
    case 'failed':
      return { ...about, ms: outcome.ms, error: errorJson(outcome.error) };
    case 'not-run':
      return { ...about, because: outcome.because };
  }
  return outcome satisfies never;
}

function addressOf(action: Action): Address | null {
  const address = action.kind === 'sweep' ? action.expired : action.address;
  return address === undefined ? null : { server: address.server, database: address.database };
}
