import { OperationError } from '../../base/operation-error.ts';
import type { PlanDocument } from '../../plan/plan-document.gen.ts';
import { planBackup } from '../../plan/plan-backup.ts';
import { isAskedFor } from '../../plan/resolve-databases.ts';
import type { Action, Plan } from '../../plan/plan.ts';
import { askedIn, constrain } from '../../plan/saved-plan.ts';
import { applyJson } from '../../render/apply-json.ts';
import { applyText } from '../../render/apply-text.ts';
import { diagnosticsText } from '../../render/diagnostics.ts';
import { planText } from '../../render/plan-text.ts';
import { apply } from '../../run/apply.ts';
import type { Outcome } from '../../run/events.ts';
import { observe } from '../../run/observe.ts';
import { answer, fittedFor, parseReports, write } from '../answer.ts';
import { approved } from '../approval.ts';
import { paintFor } from '../colour.ts';
import type { Context } from '../context.ts';
import { exitCodeOfApply, hasGaps } from '../exit-code.ts';
import { formatOf, type GlobalOptions } from '../global-options.ts';
import { loadSpec } from '../load-spec.ts';
import { positiveInteger } from '../numbers.ts';
import { refuseUnmatched } from '../refuse-unmatched.ts';
import { readSavedPlan } from '../read-saved-plan.ts';
import { withTools } from '../session.ts';

interface ApplyOptions extends GlobalOptions {
  readonly plan: string | undefined;
  readonly autoApprove: boolean;
  readonly allowDelete: boolean;
  readonly only: readonly string[];
  readonly now: boolean;
  readonly parallel: string;
  readonly report: readonly string[];
}

/** Plans anew, gets approval, carries out. A saved plan is an approval of what it lists and of nothing else. */
export async function run(options: ApplyOptions, context: Context): Promise<number> {
  const reports = parseReports(options.report, ['text', 'json'], { ...options, cwd: context.cwd });
  const parallel = positiveInteger(options.parallel, '--parallel');
  if (options.now && options.plan !== undefined)
    throw new OperationError('usage/invalid', '--now does not go with a saved plan, which says what is backed up', {
      hint: 'Make it with `backup plan --now --out FILE`.',
    });
  const saved = options.plan === undefined ? undefined : await readSavedPlan(options.plan, context);
  if (saved === undefined && !options.autoApprove && context.stdin.isTTY !== true)
    throw new OperationError('approval/missing', 'apply needs an approval and there is no terminal to ask on', {
      hint: 'Give a plan saved by `backup plan --out FILE`, or --auto-approve (and --allow-delete for expiry).',
    });
  const desired = await loadSpec(options, context);
  const only = options.only.length === 0 ? undefined : options.only;
  const { observed, repositories } = await withTools(options, context, (tools) =>
    observe({ desired, refresh: true, ...(only === undefined ? {} : { only }) }, tools),
  );
  const plan = planBackup(desired, observed, {
    only: options.only,
    ...(saved !== undefined ? { now: askedIn(saved) } : options.now ? { now: 'all' } : {}),
  });
  refuseUnmatched(plan);
  await tellOf(plan, saved, options, context);
  const { actions, withheld } = await choose(plan, saved, options, context);
  const done =
    actions.length === 0
      ? []
      : await withTools(options, context, (tools) => apply({ desired, actions, repositories, parallel }, tools));
  const outcomes = [...done, ...withheld];
  const code = exitCodeOfApply(outcomes, !hasGaps(plan));
  return answer(
    {
      text: () =>
        outcomes.length === 0 && hasGaps(plan)
          ? `Nothing was done: ${plan.blocked.length > 0 ? 'what is wanted is not possible now' : 'nothing is due of what could be observed'}.`
          : applyText(outcomes, paintFor(context.stdout, options, context.env)),
      json: () => applyJson(outcomes, code),
    },
    options,
    { context, reports, code },
  );
}

/**
 * The plan itself is shown where it is part of the answer or will be asked about; what is wrong in the world is said in any
 * case.
 */
async function tellOf(
  plan: Plan,
  saved: PlanDocument | undefined,
  options: ApplyOptions,
  context: Context,
): Promise<void> {
  const { stdout, stderr, env } = context;
  const isText = formatOf(options) === 'text';
  if (saved === undefined && (isText || !options.autoApprove)) {
    const stream = isText ? stdout : stderr;
    const text = planText(plan, { paint: paintFor(stream, options, env), verbose: options.verbose });
    await write(stream, `${fittedFor(context, text)}\n`);
    return;
  }
  const errors = plan.findings.filter(({ severity }) => severity === 'error');
  await write(stderr, diagnosticsText(errors, paintFor(stderr, options, env)));
}

interface Choice {
  readonly actions: readonly Action[];
  /** Planned, but not approved: reported as not run, no failure (an apply without `--allow-delete` is a good nightly job). */
  readonly withheld: readonly Outcome[];
}

async function choose(
  plan: Plan,
  saved: PlanDocument | undefined,
  options: ApplyOptions,
  context: Context,
): Promise<Choice> {
  if (saved !== undefined) {
    const asked = saved.actions.filter(({ address }) => address === null || isAskedFor(address, options.only));
    const { allowed, stale, unlisted } = constrain({ ...saved, actions: asked }, plan);
    if (stale.length > 0)
      throw new OperationError(
        'plan/stale',
        `the saved plan is stale: ${stale.map(({ action, field }) => `${action} (${field})`).join(', ')}`,
        {
          hint: 'Make and review a new plan: `backup plan --out FILE`.',
        },
      );
    return {
      actions: allowed,
      withheld: unlisted.map((action) => ({
        state: 'not-run',
        action,
        because: 'it is due and the saved plan does not list it',
      })),
    };
  }
  if (plan.actions.length === 0) return { actions: [], withheld: [] };
  if (!options.autoApprove) {
    if (!(await approved(context, 'Carry out this plan?')))
      throw new OperationError('approval/missing', 'the plan was not approved', { hint: 'Nothing was changed.' });
    return { actions: plan.actions, withheld: [] };
  }
  const deletes = (action: Action): boolean => action.kind === 'expire';
  return {
    actions: options.allowDelete ? plan.actions : plan.actions.filter((action) => !deletes(action)),
    withheld: options.allowDelete
      ? []
      : plan.actions.filter(deletes).map((action) => ({
          state: 'not-run',
          action,
          because: 'expiry needs --allow-delete or a saved plan that lists it',
        })),
  };
}
