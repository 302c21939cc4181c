import { planDocument } from '../plan/plan-document.ts';
import type { Plan } from '../plan/plan.ts';
import { planDocumentText, type PlanTextOptions } from './plan-document-text.ts';

/** A plan that was just made, for a person; `planDocumentText` says how it is laid out. */
export function planText(plan: Plan, options: PlanTextOptions): string {
  return planDocumentText(planDocument(plan), options);
}
