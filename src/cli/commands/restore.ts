import PQueue from 'p-queue';
import { formatAddress } from '../../base/address.ts';
import { parseInstant, type Instant } from '../../base/instant.ts';
import { restoreJson } from '../../render/restore-json.ts';
import { restoreText, type Restores } from '../../render/restore-text.ts';
import type { RestoreOutcome } from '../../run/outcome.ts';
import { restore, type RestoreAsk } from '../../run/restore.ts';
import type { Selection } from '../../run/select-backup.ts';
import type { Tools } from '../../run/tools.ts';
import type { Desired } from '../../spec/desired.ts';
import { systemClock } from '../../system/clock.ts';
import { answer, parseReports } from '../answer.ts';
import { paintFor } from '../colour.ts';
import type { Context } from '../context.ts';
import { exitCodeOfRestores } from '../exit-code.ts';
import type { GlobalOptions } from '../global-options.ts';
import { invalidUsage } from '../invalid-input.ts';
import { loadSpec } from '../load-spec.ts';
import { positiveInteger } from '../numbers.ts';
import { openBackups } from '../open-backups.ts';
import { chooseOf, groupsOf, type Group } from '../restore-choice.ts';
import { checkDestination, destination } from '../destination.ts';
import { withTools } from '../session.ts';
import { sourcesOf } from '../sources.ts';

interface RestoreOptions extends GlobalOptions {
  readonly address: readonly string[];
  readonly repository: string | undefined;
  readonly to: string;
  readonly toPassword: string | undefined;
  readonly clients: string | undefined;
  readonly set: string | undefined;
  readonly before: string | undefined;
  readonly as: string | undefined;
  readonly jobs: string;
  readonly parallel: string;
  readonly dryRun: boolean;
  readonly overwriteDatabase: boolean;
  readonly overwriteRoles: boolean;
  readonly allowSource: boolean;
  readonly report: readonly string[];
}

/** Restores one or several databases onto the named server. With `--repository` neither spec nor source is needed. */
export async function run(options: RestoreOptions, context: Context): Promise<number> {
  const reports = parseReports(options.report, ['text', 'json'], { ...options, cwd: context.cwd });
  const selection = selectionOf(options, systemClock.now());
  if (options.address.length === 0 && options.set === undefined)
    throw invalidUsage(
      'restore names no database',
      'Write server/database (`backup list` shows them), or --set with the id of a backup.',
    );
  if (options.as === '') throw invalidUsage('--as has no name');
  checkDestination(options, context.cwd);
  const desired = options.repository === undefined ? await loadSpec(options, context) : undefined;
  const done = await withTools(options, context, (tools) =>
    restoreAll({ options, selection, desired, context }, tools),
  );
  const code = exitCodeOfRestores(done.outcomes, done.notRead);
  return answer(
    {
      text: () => restoreText(done, paintFor(context.stdout, options, context.env)),
      json: () => restoreJson(done, code),
    },
    options,
    { context, reports, code },
  );
}

interface Request {
  readonly options: RestoreOptions;
  readonly selection: Selection;
  readonly desired: Desired | undefined;
  readonly context: Context;
}

async function restoreAll({ options, selection, desired, context }: Request, tools: Tools): Promise<Restores> {
  const places = desired === undefined ? [{ path: options.repository ?? '' }] : [...desired.repositories.values()];
  const opened = await openBackups(places, tools);
  const groups = groupsOf(opened, options.address, selection);
  if (options.as !== undefined && groups.length > 1)
    throw invalidUsage(`--as gives one name to ${groups.length} databases`, 'Restore them one by one.');
  refuseSameName(groups);
  const { access: to, engine } = await destination(options, { desired, context, tools });
  // In a disaster nothing of the sources need be there, not even their secrets.
  const sources = await sourcesOf(desired, tools, { engine, secrets: 'optional' });
  const queue = new PQueue({ concurrency: positiveInteger(options.parallel, '--parallel') });
  const jobs = Math.max(2, positiveInteger(options.jobs, '--jobs'));
  const { overwriteDatabase, overwriteRoles, allowSource, dryRun } = options;
  const asks = groups.map((group): RestoreAsk | RestoreOutcome => {
    const chosen = chooseOf(group, selection, opened);
    if (chosen.backup === undefined) return chosen.failed;
    const { repository, backup, notes } = chosen;
    return {
      repository,
      address: backup.address,
      backup: backup.id,
      to,
      engine,
      jobs,
      overwriteDatabase,
      overwriteRoles,
      allowSource,
      dryRun,
      notes,
      ...sources,
      ...(options.as === undefined ? {} : { as: options.as }),
    };
  });
  const outcomes = await Promise.all(
    asks.map(async (ask) => ('state' in ask ? ask : queue.add(() => restore(ask, tools)))),
  );
  // Whoever names one backup and gets it has missed nothing.
  const isWhole = selection.kind === 'id' && outcomes.every(({ backup }) => backup !== undefined);
  return { outcomes, notRead: isWhole ? [] : opened.notRead };
}

/** Databases of two servers may have one name: the second would replace the first, or fail half-way through the list. */
function refuseSameName(groups: readonly Group[]): void {
  const addresses = groups.filter(({ group }) => group.length > 0).map(({ address }) => address);
  for (const [database, same] of Map.groupBy(addresses, (address) => address.database))
    if (same.length > 1)
      throw invalidUsage(
        `${same.map(formatAddress).join(' and ')} would both become database ${JSON.stringify(database)}`,
        'Restore them one by one, with another name for one of them (--as).',
      );
}

function selectionOf({ set, before }: RestoreOptions, now: Instant): Selection {
  if (set !== undefined && before !== undefined) throw invalidUsage('--set and --before exclude each other');
  if (set !== undefined) return { kind: 'id', id: set };
  if (before === undefined) return { kind: 'latest', at: now };
  const at = parseInstant(before);
  if (at === undefined)
    throw invalidUsage(`--before ${before} is no time`, 'Write ISO 8601 with a zone: 2026-11-22T02:00:00Z.');
  return { kind: 'before', at };
}
