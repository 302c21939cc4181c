import { planDocument, type Tool } from '../plan/plan-document.ts';
import type { Plan } from '../plan/plan.ts';

/** schemas/plan.v1, complete whatever the text output leaves out; also the file that `--out` writes. Ends with a line feed. */
export function planJson(plan: Plan, tool: Tool): string {
  return `${JSON.stringify(planDocument(plan, tool), null, 2)}\n`;
}
