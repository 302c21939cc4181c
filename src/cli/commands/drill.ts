import type { EngineName } from '../../base/engine-name.ts';
import { InternalError, OperationError } from '../../base/operation-error.ts';
import { drillsJson } from '../../render/drill-json.ts';
import { drillJunit } from '../../render/drill-junit.ts';
import { drillMarkdown } from '../../render/drill-markdown.ts';
import { drillNotRunMarkdown, drillNotRunText } from '../../render/drill-not-run.ts';
import { drillText } from '../../render/drill-text.ts';
import { drillEach, type DrillIntent, type Drills } from '../../run/drill-each.ts';
import { observe, type Observation } from '../../run/observe.ts';
import { passedOver, selectBackup, unreadableOf, type Selection } from '../../run/select-backup.ts';
import type { Tools } from '../../run/tools.ts';
import type { Desired, DesiredTarget, DrillLevel, Policy } from '../../spec/desired.ts';
import { answer, parseReports } from '../answer.ts';
import { paintFor } from '../colour.ts';
import type { Context } from '../context.ts';
import { exitCodeOfDrills } from '../exit-code.ts';
import { chooseDrills, readyOf, unavailable } from '../drill-choice.ts';
import type { GlobalOptions } from '../global-options.ts';
import { invalidUsage } from '../invalid-input.ts';
import { loadSpec } from '../load-spec.ts';
import { withTools } from '../session.ts';
import { sourcesOf } from '../sources.ts';

interface DrillOptions extends GlobalOptions {
  readonly address: readonly string[];
  readonly due: boolean;
  readonly set: string | undefined;
  readonly target: string | undefined;
  readonly level: DrillLevel | undefined;
  readonly report: readonly string[];
}

/** Drills the chosen databases. One that cannot be drilled is part of the answer, and the others go on. */
export async function run(options: DrillOptions, context: Context): Promise<number> {
  const reports = parseReports(options.report, ['text', 'json', 'junit', 'markdown'], { ...options, cwd: context.cwd });
  if (options.due && options.set !== undefined)
    throw invalidUsage('--due and --set exclude each other', 'A drill of one backup that is named runs in any case.');
  const desired = await loadSpec(options, context);
  const done: Drills = await withTools(options, context, async (tools) => {
    const observation = await observe({ desired, refresh: false }, tools);
    return drillEach(await requests(desired, observation, options, tools), tools);
  });
  const code = exitCodeOfDrills(done.reports, done.notRun, done.notStored);
  const paint = paintFor(context.stdout, options, context.env);
  return answer(
    {
      text: () =>
        done.reports.length + done.notRun.length === 0
          ? 'No drill is due.'
          : [
              ...done.reports.map((report) => drillText(report, paint)),
              ...done.notRun.map((one) => drillNotRunText(one, paint)),
            ].join('\n'),
      json: () => drillsJson(done, code),
      junit: () => drillJunit(done.reports, done.notRun),
      markdown: () => [...done.reports.map(drillMarkdown), ...done.notRun.map(drillNotRunMarkdown)].join('\n'),
    },
    options,
    { context, reports, code },
  );
}

async function requests(
  desired: Desired,
  { observed, repositories }: Observation,
  options: DrillOptions,
  tools: Tools,
): Promise<readonly DrillIntent[]> {
  const { chosen, unseen } = chooseDrills(desired, observed, options);
  const selection: Selection =
    options.set === undefined ? { kind: 'latest', at: observed.at } : { kind: 'id', id: options.set };
  const intents = await Promise.all(
    chosen.map(async ({ database: { address, entry }, repository: name }): Promise<DrillIntent> => {
      try {
        const { policy } = entry;
        const [repository, seen] = [repositories.get(name), readyOf(observed, name)];
        if (repository === undefined || seen === undefined) throw unavailable(name, observed);
        const own = [...seen.backups, ...seen.expired.flatMap(({ backup }) => backup ?? [])];
        const others = { unreadable: unreadableOf(seen.invalidManifests), lost: seen.lost };
        const server = desired.servers.get(address.server);
        if (server === undefined) throw new InternalError(`server ${address.server} is not in the spec`);
        const { clients, engine } = server;
        const target = await targetFor({ policy, engine }, desired, options, tools);
        const backup = selectBackup(own, address, selection);
        return {
          repository,
          address,
          backup: backup.id,
          notes: passedOver({ ...others, backups: own }, backup, selection),
          policy: options.level === undefined ? policy.drill : { ...policy.drill, level: options.level },
          objectives: policy.objectives,
          jobs: Math.max(2, policy.dump.jobs),
          target,
          // A server that the drill makes itself is no source, so there a secret that is not here is no obstacle.
          ...(await sourcesOf(desired, tools, { engine, secrets: target.kind === 'server' ? 'required' : 'optional' })),
          ...(clients === undefined ? {} : { clients }),
          spec: { file: desired.file, digest: desired.digest },
        };
      } catch (error) {
        if (!(error instanceof OperationError)) throw error;
        return { address, error };
      }
    }),
  );
  return [...intents, ...unseen];
}

async function targetFor(
  { policy, engine }: { readonly policy: Policy; readonly engine: EngineName },
  desired: Desired,
  options: DrillOptions,
  tools: Tools,
): Promise<DesiredTarget> {
  const name = options.target ?? policy.drill.target;
  if (name === undefined) return tools.defaultTarget(engine);
  const target = desired.targets.get(name);
  if (target === undefined)
    throw invalidUsage(
      `the spec declares no target ${name}`,
      `It declares: ${[...desired.targets.keys()].join(', ') || 'none'}.`,
    );
  if (target.engine !== engine)
    throw new OperationError('target/engine', `target ${name} is for ${target.engine}, the database is of ${engine}`, {
      hint: 'Name a target of the same kind of server.',
    });
  return target;
}
