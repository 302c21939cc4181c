import type { PlanDocument } from '../plan/plan-document.gen.ts';
import type { Paint } from './paint.ts';
import { planDocumentText } from './plan-document-text.ts';

/** A saved plan, in full. It says what was so when it was made: apply looks again before it does anything. */
export function savedPlanText(plan: PlanDocument, paint: Paint): string {
  const warning = `${paint.warning('Warning:')} this plan was saved; what is there may have changed since ${plan.createdAt.slice(0, 19)}Z. Plan ${plan.planId.slice(0, 12)}.`;
  return `${planDocumentText(plan, { paint, verbose: true })}${warning}\n`;
}
