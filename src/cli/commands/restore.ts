import PQueue from 'p-queue';
import { formatAddress, type Address } from '../../base/address.ts';
import { parseInstant, type Instant } from '../../base/instant.ts';
import { InternalError, OperationError } from '../../base/operation-error.ts';
import { restoreJson } from '../../render/restore-json.ts';
import { restoreText } from '../../render/restore-text.ts';
import type { RestoreOutcome } from '../../run/outcome.ts';
import { restore, type RestoreAsk } from '../../run/restore.ts';
import { passedOver, selectBackup, type Selection } from '../../run/select-backup.ts';
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
import { locationsOf, matching, ofAddresses, openBackups, type Located, type Opened } from '../open-backups.ts';
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
  const reports = parseReports(options.report, ['text', 'json'], context.cwd);
  const selection = selectionOf(options, systemClock.now());
  if (options.as === '') throw invalidUsage('--as has no name');
  checkDestination(options, context.cwd);
  const desired = options.repository === undefined ? await loadSpec(options, context) : undefined;
  const outcomes = await withTools(options, context, (tools) =>
    restoreAll({ options, selection, desired, context }, tools),
  );
  const code = exitCodeOfRestores(outcomes);
  return answer(
    {
      text: () => restoreText(outcomes, paintFor(context.stdout, options, context.env)),
      json: () => restoreJson(outcomes, code),
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

async function restoreAll(
  { options, selection, desired, context }: Request,
  tools: Tools,
): Promise<readonly RestoreOutcome[]> {
  const locations = desired === undefined ? [options.repository ?? ''] : locationsOf(desired);
  const opened = await openBackups(locations, tools);
  const groups = groupsOf(opened, options.address);
  if (options.as !== undefined && groups.length > 1)
    throw invalidUsage(`--as gives one name to ${groups.length} databases`, 'Restore them one by one.');
  refuseSameName(groups);
  const { access: to, engine } = await destination(options, { desired, context, tools });
  // In a disaster nothing of the sources need be there, not even their secrets.
  const sources = await sourcesOf(desired, tools, { engine, secrets: 'optional' });
  const queue = new PQueue({ concurrency: positiveInteger(options.parallel, '--parallel') });
  const jobs = Math.max(2, positiveInteger(options.jobs, '--jobs'));
  const { overwriteDatabase, overwriteRoles, allowSource, dryRun } = options;
  const asks = groups.map(({ address, group }): RestoreAsk | RestoreOutcome => {
    const chosen = chooseOf(address, group, selection);
    if (chosen.backup === undefined) return chosen.failed;
    const { repository, backup } = chosen;
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
      notes: passedOver({ ...opened, backups: group.map((each) => each.backup) }, backup, selection),
      ...sources,
      ...(options.as === undefined ? {} : { as: options.as }),
    };
  });
  return Promise.all(asks.map(async (ask) => ('state' in ask ? ask : queue.add(() => restore(ask, tools)))));
}

interface Group {
  readonly address: Address;
  /** May be empty: of some databases nothing is left that can be read. Those are asked for as well, and must not be passed over. */
  readonly group: readonly Located[];
}

function groupsOf({ located, named, lost }: Opened, globs: readonly string[]): readonly Group[] {
  const asked = [...matching(named, globs, lost).map(({ backup }) => backup), ...ofAddresses(lost, globs)];
  const addresses = new Map(asked.map(({ address }) => [formatAddress(address), address]));
  const readable = Map.groupBy(located, ({ backup }) => formatAddress(backup.address));
  return [...addresses.keys()].sort().flatMap((key) => {
    const address = addresses.get(key);
    return address === undefined ? [] : [{ address, group: readable.get(key) ?? [] }];
  });
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

type Chosen = Located | { readonly backup?: undefined; readonly failed: RestoreOutcome };

/** A database without a usable backup is a failure of its own and holds up none of the others. */
function chooseOf(address: Address, group: readonly Located[], selection: Selection): Chosen {
  try {
    const chosen = selectBackup(
      group.map(({ backup }) => backup),
      address,
      selection,
    );
    const found = group.find(({ backup }) => backup === chosen);
    if (found === undefined) throw new InternalError('a backup was chosen that is not there');
    return found;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { failed: { state: 'failed', address, backup: undefined, error } };
  }
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
