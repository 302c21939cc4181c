import type { Plan } from '../plan/plan.ts';
import { hasGaps } from './exit-code.ts';
import { InvalidInput } from './invalid-input.ts';

/**
 * Throws InvalidInput where an address on the command line matches nothing: a job with a slip in it must not end with "nothing
 * to do". Where something could not be observed it may be there, and the plan is incomplete anyway.
 */
export function refuseUnmatched(plan: Plan): void {
  const unmatched = plan.findings.filter(({ code }) => code === 'usage/no-match');
  if (unmatched.length > 0 && !hasGaps(plan)) throw new InvalidInput(unmatched);
}
