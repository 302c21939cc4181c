import type { PlanDocument } from '../plan/plan-document.gen.ts';

/** schemas/plan.v1, complete whatever the text output leaves out; also the file that `--out` writes. Ends with a line feed. */
export function planJson(plan: PlanDocument): string {
  return `${JSON.stringify(plan, null, 2)}\n`;
}
