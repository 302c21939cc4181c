import { formatAddress, matchesGlob, type Address } from '../base/address.ts';
import { OperationError } from '../base/operation-error.ts';
import type { Observed, ObservedRepository } from '../plan/observed.ts';
import { planDrill } from '../plan/plan-drill.ts';
import { isAskedFor, resolveDatabases, type ResolvedDatabase } from '../plan/resolve-databases.ts';
import { knownDatabases, storesOf } from '../plan/stores.ts';
import type { NotRead } from '../render/not-read-lines.ts';
import type { DrillNotRun } from '../run/drill-report.ts';
import { unreadableOf } from '../run/select-backup.ts';
import type { Desired } from '../spec/desired.ts';
import { invalidUsage } from './invalid-input.ts';
import { noSuchId } from './not-read.ts';

export interface DrillWish {
  readonly address: readonly string[];
  readonly due: boolean;
  readonly set: string | undefined;
}

export interface DrillChoice {
  /** What is to be drilled, and the repository to take it from. */
  readonly chosen: readonly { readonly database: ResolvedDatabase; readonly repository: string }[];
  /** What patterns stand for where the repository cannot be read. */
  readonly unseen: readonly DrillNotRun[];
}

/** Which databases of the spec are drilled. Throws InvalidInput where a word of the command line means nothing. */
export function chooseDrills(desired: Desired, observed: Observed, wish: DrillWish): DrillChoice {
  const covered = resolveDatabases(desired, observed, knownDatabases(storesOf(desired, observed))).databases;
  if (wish.set !== undefined) return { chosen: [ofId(covered, observed, { ...wish, set: wish.set })], unseen: [] };
  const unseen = unseenPatterns(desired, observed);
  refuseUnmatched({ covered, unseen }, wish.address);
  const due = new Set(planDrill(desired, observed).map(({ address }) => formatAddress(address)));
  // Where the repository cannot be read, nobody knows whether a drill is due: that is no "none".
  const chosen = covered.filter(
    ({ address, entry: { policy } }) =>
      isAskedFor(address, wish.address) &&
      (!wish.due ||
        due.has(formatAddress(address)) ||
        (policy.drill.every !== undefined && readyOf(observed, policy.repository) === undefined)),
  );
  return {
    chosen: chosen.map((database) => ({ database, repository: database.entry.policy.repository })),
    unseen: unseen
      .filter(({ address, isPeriodic }) => mayBeMeant(address, wish.address) && (!wish.due || isPeriodic))
      .map(({ address, error }) => ({ address, error })),
  };
}

/** The one backup that is named, wherever it is: an id says the database by itself. */
function ofId(
  covered: readonly ResolvedDatabase[],
  observed: Observed,
  { address: globs, set }: DrillWish & { readonly set: string },
): DrillChoice['chosen'][number] {
  const holders = observed.repositories.flatMap((repository) =>
    repository.state === 'ready'
      ? namedIn(repository)
          .filter(({ id }) => id === set)
          .map(({ address }) => ({ address, repository: repository.name }))
      : [],
  );
  const [first] = holders;
  if (first === undefined) throw noSuchId(set, notReadOf(observed));
  const name = formatAddress(first.address);
  if (!isAskedFor(first.address, globs))
    throw invalidUsage(`the backup ${set} is of ${name}, not of ${globs.join(', ')}`);
  const database = covered.find(({ address }) => formatAddress(address) === name);
  if (database === undefined)
    throw invalidUsage(
      `the backup ${set} is of ${name}, which the spec does not cover`,
      'A drill goes by the policy of its database: add the database to the spec. `backup restore` needs no entry there.',
    );
  const own = holders.find(({ repository }) => repository === database.entry.policy.repository);
  return { database, repository: (own ?? first).repository };
}

function namedIn(repository: ObservedRepository & { readonly state: 'ready' }) {
  return [...repository.backups, ...repository.expired, ...unreadableOf(repository.invalidManifests)];
}

function refuseUnmatched({ covered, unseen }: Covered, globs: readonly string[]): void {
  if (covered.length + unseen.length === 0) throw invalidUsage('the spec covers no database');
  const unmatched = globs.filter(
    (glob) =>
      !covered.some(({ address }) => isAskedFor(address, [glob])) &&
      !unseen.some(({ address }) => mayBeMeant(address, [glob])),
  );
  if (unmatched.length > 0) throw invalidUsage(`${unmatched.join(', ')} matches no database of the spec`);
}

interface Covered {
  readonly covered: readonly { readonly address: Address }[];
  readonly unseen: readonly { readonly address: Address }[];
}

/** Whether words of the command line and a pattern of the spec may mean one database. */
function mayBeMeant(pattern: Address, globs: readonly string[]): boolean {
  return isAskedFor(pattern, globs) || globs.some((glob) => matchesGlob(formatAddress(pattern), glob));
}

/**
 * Which databases a pattern means is known from the repository alone: where that cannot be read, the pattern stands for them.
 */
function unseenPatterns(
  desired: Desired,
  observed: Observed,
): readonly (DrillNotRun & { readonly isPeriodic: boolean })[] {
  return desired.databases.flatMap(({ server, select, policy }) =>
    select.kind === 'name' || readyOf(observed, policy.repository) !== undefined
      ? []
      : [
          {
            address: { server, database: select.match },
            error: unavailable(policy.repository, observed),
            isPeriodic: policy.drill.every !== undefined,
          },
        ],
  );
}

/** A repository that was read. */
export function readyOf(
  observed: Observed,
  name: string,
): (ObservedRepository & { readonly state: 'ready' }) | undefined {
  const repository = observed.repositories.find((candidate) => candidate.name === name);
  return repository?.state === 'ready' ? repository : undefined;
}

function notReadOf(observed: Observed): readonly NotRead[] {
  return observed.repositories.flatMap(({ name, location, state }) =>
    state === 'ready' ? [] : [{ name, location, error: unavailable(name, observed) }],
  );
}

/** Why a repository cannot be read. */
export function unavailable(name: string, observed: Observed): OperationError {
  const repository = observed.repositories.find((candidate) => candidate.name === name);
  if (repository !== undefined && repository.state !== 'ready') {
    const { code, summary, help } = repository.diagnostic;
    return new OperationError(code, summary, help === undefined ? {} : { hint: help });
  }
  return new OperationError('repository/unreachable', `repository ${name} could not be opened`);
}
