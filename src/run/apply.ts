import PQueue from 'p-queue';
import { formatAddress } from '../base/address.ts';
import { formatBytes } from '../base/bytes.ts';
import { InternalError, messageOf, OperationError } from '../base/operation-error.ts';
import { instant } from '../base/instant.ts';
import type { BackupId } from '../manifest/keys.ts';
import { grace } from '../plan/grace.ts';
import type { Action, BackUp, Expire, Sweep, Verify } from '../plan/plan.ts';
import type { Desired } from '../spec/desired.ts';
import { expireBackup, sweepExpired, sweepTemporaries, sweepUnfinished } from '../repository/remove.ts';
import type { Repository } from '../repository/repository.ts';
import { backUpWithRetry } from './back-up-retry.ts';
import type { Outcome } from './events.ts';
import { holdLease } from './lease.ts';
import { serverBrackets, type ServerBrackets } from './server-brackets.ts';
import type { Tools } from './tools.ts';
import { verifyBackup } from './verify.ts';

export interface ApplyRequest {
  readonly desired: Desired;
  /** The approved actions of a plan made just now. */
  readonly actions: readonly Action[];
  /** Open repositories by their name in the spec. */
  readonly repositories: ReadonlyMap<string, Repository>;
  /** Databases worked on at the same time, over all servers. */
  readonly parallel: number;
}

/**
 * Carries out actions: unfinished backups are swept first (they hold space), then backups and verifications run side by
 * side, bounded per server; expiry comes last and only for databases for which nothing failed in this run.
 * One failure stops nothing but what depends on it. Every action has exactly one outcome, in the given order. Throws nothing.
 */
export async function apply(request: ApplyRequest, tools: Tools): Promise<readonly Outcome[]> {
  const outcomes = new Map<string, Outcome>();
  const work = async (action: Action, run: () => Promise<Done>): Promise<void> => {
    outcomes.set(action.id, await outcomeOf(action, run, tools));
  };
  const of = <Kind extends Action['kind']>(kind: Kind): Extract<Action, { kind: Kind }>[] =>
    request.actions.filter((action): action is Extract<Action, { kind: Kind }> => action.kind === kind);
  const stale = instant(tools.clock.now() - grace);
  for (const name of new Set(request.actions.map(({ repository }) => repository))) {
    const repository = request.repositories.get(name);
    // Leftovers cost space and nothing else: where they cannot be removed the actions themselves will say why.
    if (repository !== undefined) await sweepTemporaries(repository, stale).catch(() => undefined);
  }
  for (const action of of('sweep')) await work(action, () => sweep(action, request, tools));
  await backUpAndVerify(of('back-up'), of('verify'), { request, tools, work });
  for (const action of of('expire')) {
    const blocker = blockerOf(action, request.actions, outcomes);
    if (blocker === undefined) await work(action, () => expire(action, request, tools));
    else outcomes.set(action.id, { state: 'not-run', action, because: `${blocker} did not succeed in this run` });
  }
  return request.actions.map(
    (action) => outcomes.get(action.id) ?? { state: 'not-run', action, because: 'the run ended before' },
  );
}

/**
 * What forbids an expiry: an action that it was planned upon and that is not done, also where that one was never approved,
 * or any other work on the same database that failed.
 */
function blockerOf(
  action: Expire,
  actions: readonly Action[],
  outcomes: ReadonlyMap<string, Outcome>,
): string | undefined {
  const open = (id: string): boolean => outcomes.get(id)?.state !== 'done';
  return (
    action.dependsOn.find(open) ??
    actions.find((other) => other.kind !== 'expire' && sameAddress(other, action) && open(other.id))?.id
  );
}

interface Done {
  readonly backup?: BackupId;
  readonly storedBytes?: number;
  readonly detail: string;
}

interface Crew {
  readonly request: ApplyRequest;
  readonly tools: Tools;
  readonly work: (action: Action, run: () => Promise<Done>) => Promise<void>;
}

async function backUpAndVerify(backUps: readonly BackUp[], verifies: readonly Verify[], crew: Crew): Promise<void> {
  const all = new PQueue({ concurrency: crew.request.parallel });
  await using brackets = serverBrackets(crew.request.desired, backUps, crew.tools);
  const perServer = new Map<string, PQueue>();
  const queueOf = (server: string): PQueue => {
    const concurrency = crew.request.desired.servers.get(server)?.parallel ?? 1;
    const queue = perServer.get(server) ?? new PQueue({ concurrency });
    perServer.set(server, queue);
    return queue;
  };
  await Promise.all([
    ...backUps.map((action) =>
      queueOf(action.address.server).add(() =>
        all.add(() => crew.work(action, () => makeBackup(action, brackets, crew))),
      ),
    ),
    ...verifies.map((action) => all.add(() => crew.work(action, () => verify(action, crew)))),
  ]);
}

async function makeBackup(action: BackUp, brackets: ServerBrackets, { request, tools }: Crew): Promise<Done> {
  const { id, manifest } = await backUpWithRetry(action, brackets, repositoryOf(action, request), tools);
  const { plainBytes, storedBytes, tables } = manifest.totals;
  return {
    backup: id,
    storedBytes,
    detail: `${tables} ${tables === 1 ? 'table' : 'tables'}, ${formatBytes(plainBytes)} as ${formatBytes(storedBytes)}, proven to L2`,
  };
}

async function verify(action: Verify, { request, tools }: Crew): Promise<Done> {
  const report = await verifyBackup(
    {
      repository: repositoryOf(action, request),
      address: action.address,
      backup: action.backup,
      level: 'L2',
      key: action.id,
    },
    tools,
  );
  if (!report.passed)
    throw new OperationError(
      'backup/damaged',
      `backup ${action.backup} of ${formatAddress(action.address)} is damaged: ${report.problems[0] ?? 'unknown'}`,
      {
        hint:
          report.notRecorded === undefined
            ? `${report.problems.length} problems are recorded. The next plan backs this database up again.`
            : `${report.problems.length} problems could not be recorded: ${report.notRecorded.message}. Until they are, plans take it for a good one.`,
      },
    );
  // Not recorded, it would be due again at once: the work of this action is not done.
  if (report.notRecorded !== undefined) throw report.notRecorded;
  return {
    backup: action.backup,
    detail: `${report.level} holds for ${report.objects} objects, ${formatBytes(report.storedBytes)}`,
  };
}

async function expire(action: Expire, request: ApplyRequest, tools: Tools): Promise<Done> {
  const repository = repositoryOf(action, request);
  await using lease = await holdLease(repository, { kind: 'expire' }, tools);
  for (const backup of action.backups) {
    tools.signal.throwIfAborted();
    await lease.check();
    await expireBackup(repository, action.address, backup, { at: tools.clock.now(), by: tools.trigger });
  }
  return {
    detail: `expired ${action.backups.length} of ${formatAddress(action.address)}, their data goes after a day`,
  };
}

async function sweep(action: Sweep, request: ApplyRequest, tools: Tools): Promise<Done> {
  const repository = repositoryOf(action, request);
  if (action.expired !== undefined) {
    await using lease = await holdLease(repository, { kind: 'expire' }, tools);
    await lease.check();
    await sweepExpired(repository, action.expired, action.backup, tools.clock.now());
    return { detail: `removed the data of the expired backup ${action.backup}` };
  }
  await sweepUnfinished(repository, action.backup);
  return { detail: `removed the unfinished backup ${action.backup}` };
}

function repositoryOf(action: Action, request: ApplyRequest): Repository {
  const repository = request.repositories.get(action.repository);
  if (repository === undefined)
    throw new InternalError(`the plan names repository ${action.repository}, which is not open`);
  return repository;
}

const sameAddress = (a: Action, b: Expire): boolean =>
  'address' in a &&
  a.address.server === b.address.server &&
  a.address.database === b.address.database &&
  a.repository === b.repository;

async function outcomeOf(action: Action, run: () => Promise<Done>, tools: Tools): Promise<Outcome> {
  if (tools.signal.aborted) return { state: 'not-run', action, because: 'the run was stopped by a signal' };
  const since = tools.clock.monotonicMs();
  tools.emit({ kind: 'started', key: action.id, title: titleOf(action) });
  const elapsed = (): number => Math.round(tools.clock.monotonicMs() - since);
  try {
    const done = await run();
    tools.emit({ kind: 'finished', key: action.id, outcome: 'done', ms: elapsed(), summary: done.detail });
    return {
      state: 'done',
      action,
      ms: elapsed(),
      backup: done.backup,
      storedBytes: done.storedBytes,
      detail: done.detail,
    };
  } catch (error) {
    // Whoever looks at the signal throws its reason, which is no error of ours.
    const failure =
      tools.signal.aborted && !(error instanceof OperationError)
        ? new OperationError('run/interrupted', 'stopped by a signal', { cause: error })
        : asOperationError(error);
    tools.emit({ kind: 'finished', key: action.id, outcome: 'failed', ms: elapsed(), summary: failure.message });
    return { state: 'failed', action, ms: elapsed(), error: failure };
  }
}

/** Anything that is no OperationError is a bug of ours; it fails this action alone and the run ends with exit code 70. */
export function asOperationError(error: unknown): OperationError {
  return error instanceof OperationError
    ? error
    : new OperationError('internal/bug', messageOf(error), { cause: error });
}

function titleOf(action: Action): string {
  return action.kind === 'sweep' ? `sweep ${action.backup}` : `${action.kind} ${formatAddress(action.address)}`;
}
