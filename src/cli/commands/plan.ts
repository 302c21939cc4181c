import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf, OperationError } from '../../base/operation-error.ts';
import { planBackup } from '../../plan/plan-backup.ts';
import { planJson } from '../../render/plan-json.ts';
import { planMarkdown } from '../../render/plan-markdown.ts';
import { planText } from '../../render/plan-text.ts';
import { observe } from '../../run/observe.ts';
import { answer, parseReports, refuseSpec } from '../answer.ts';
import { paintFor } from '../colour.ts';
import type { Context } from '../context.ts';
import { exitCodeOfPlan } from '../exit-code.ts';
import type { GlobalOptions } from '../global-options.ts';
import { loadSpec } from '../load-spec.ts';
import { refuseUnmatched } from '../refuse-unmatched.ts';
import { withTools } from '../session.ts';
import { version } from '../version.ts';

interface PlanOptions extends GlobalOptions {
  readonly address: readonly string[];
  readonly detailedExitcode: boolean;
  readonly now: boolean;
  readonly refresh: boolean;
  readonly out: string | undefined;
  readonly report: readonly string[];
}

const tool = { name: 'holdfast', version };

/** Observes and plans; writes nothing but the files it was asked for. */
export async function run(options: PlanOptions, context: Context): Promise<number> {
  const reports = parseReports(options.report, ['text', 'json', 'markdown'], { ...options, cwd: context.cwd });
  const out = options.out === undefined ? undefined : resolve(context.cwd, options.out);
  if (out !== undefined) refuseSpec('--out', { file: out, spec: resolve(context.cwd, options.spec) });
  const desired = await loadSpec(options, context);
  const only = options.address.length === 0 ? undefined : options.address;
  const { observed } = await withTools(options, context, (tools) =>
    observe({ desired, refresh: options.refresh, ...(only === undefined ? {} : { only }) }, tools),
  );
  const plan = planBackup(desired, observed, {
    only: options.address,
    ...(options.now ? { now: 'all' } : {}),
  });
  refuseUnmatched(plan);
  const { verbose } = options;
  if (out !== undefined) await save(out, planJson(plan, tool));
  return answer(
    {
      text: () => planText(plan, { paint: paintFor(context.stdout, options, context.env), verbose }),
      json: () => planJson(plan, tool),
      markdown: () => planMarkdown(plan, { command: context.command }),
    },
    options,
    { context, reports, code: exitCodeOfPlan(plan, options.detailedExitcode) },
  );
}

async function save(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600 });
  } catch (error) {
    throw new OperationError('answer/unwritten', `plan ${path} could not be written: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
