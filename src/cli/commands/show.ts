import { savedPlanText } from '../../render/saved-plan-text.ts';
import { answer } from '../answer.ts';
import { paintFor } from '../colour.ts';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-code.ts';
import type { GlobalOptions } from '../global-options.ts';
import { readSavedPlan } from '../read-saved-plan.ts';

interface ShowOptions extends GlobalOptions {
  readonly plan: string;
}

/** Renders a saved plan as it was when it was made; looks at nothing else. */
export async function run(options: ShowOptions, context: Context): Promise<number> {
  const plan = await readSavedPlan(options.plan, context);
  return answer(
    {
      text: () => savedPlanText(plan, paintFor(context.stdout, options, context.env)),
      json: () => JSON.stringify(plan, null, 2),
    },
    options,
    { context, code: exitCodes.ok },
  );
}
