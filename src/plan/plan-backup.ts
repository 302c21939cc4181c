import { formatAddress } from '../base/address.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { Desired } from '../spec/desired.ts';
import { worldFindings } from './findings.ts';
import type { Observed } from './observed.ts';
import type { Action, Plan, PlanBasis, RetentionDecision } from './plan.ts';
import { planDatabase } from './plan-database.ts';
import { inGraceOf, planSweeps } from './plan-sweep.ts';
import { isAskedFor, resolveDatabases, type ResolvedDatabase } from './resolve-databases.ts';
import { decideRetention } from './retention.ts';
import { knownDatabases, storesOf, type Store, type Stores } from './stores.ts';

export interface PlanAsk {
  /** Globs over `server/database`; absent or empty: everything. */
  readonly only?: readonly string[];
  /** Which databases are to be backed up although none is due: all, or those with these addresses as text. */
  readonly now?: 'all' | ReadonlySet<string>;
}

/**
 * What should be done and why. Pure: the same input gives the same plan, and `observed.at` is its only clock.
 * With `only`, nothing is planned for other databases, and no unfinished backup is swept (it has no address).
 */
export function planBackup(desired: Desired, observed: Observed, ask: PlanAsk = {}): Plan {
  const only = ask.only === undefined || ask.only.length === 0 ? undefined : ask.only;
  const stores = storesOf(desired, observed);
  const resolution = resolveDatabases(desired, observed, knownDatabases(stores));
  const databases = resolution.databases.filter(({ address }) => isAskedFor(address, only));
  const plans = databases.map((database) => ({
    database,
    plan: planDatabase(database, stores.get(database.entry.policy.repository), {
      at: observed.at,
      now: ask.now === 'all' || ask.now?.has(formatAddress(database.address)) === true,
    }),
  }));
  const left = unmanaged(stores, databases, { only, observed });
  const basis = basisOf(desired, observed, stores);
  const unmatched = (only ?? []).filter((glob) => !databases.some(({ address }) => isAskedFor(address, [glob])));
  const actions: readonly Action[] = [
    ...plans.flatMap(({ plan }) => plan.actions).toSorted((a, b) => order[a.kind] - order[b.kind]),
    ...[...stores.values()].flatMap((store) => planSweeps(store, { desired, at: observed.at, only })),
  ];
  return {
    at: observed.at,
    spec: { file: desired.file, digest: desired.digest },
    observed: basis,
    // What an address without a match means may be on a server that did not answer.
    complete: isComplete(basis, databases, unmatched.length > 0 ? undefined : only),
    actions,
    blocked: plans.flatMap(({ plan }) => plan.blocked ?? []),
    drillsDue: plans.flatMap(({ plan }) => plan.drillDue ?? []),
    inGrace: [...stores.values()].flatMap((store) => inGraceOf(store, { desired, at: observed.at, only })),
    drift: plans.flatMap(({ plan }) => plan.drift ?? []),
    objectives: plans.flatMap(({ plan }) => plan.objective ?? []),
    retention: [...plans.flatMap(({ plan }) => plan.retention ?? []), ...left],
    unchanged: plans
      .filter(({ plan }) => plan.actions.length === 0 && plan.blocked === undefined)
      .map(({ database }) => database.address),
    findings: ordered([
      ...worldFindings({ desired, stores, servers: observed.servers, databases, only }),
      ...resolution.findings,
      ...plans.flatMap(({ plan }) => plan.findings),
      ...left.map(goneFromSpec),
      ...unmatched.map(noMatch),
    ]),
  };
}

const order: Readonly<Record<Action['kind'], number>> = { 'back-up': 0, verify: 1, expire: 2, sweep: 3 };

/** Backups of addresses that the spec does not name, or does not put into this repository: shown, and never removed. */
function unmanaged(
  stores: Stores,
  databases: readonly ResolvedDatabase[],
  { only, observed }: { only: readonly string[] | undefined; observed: Observed },
): readonly RetentionDecision[] {
  const managed = new Set(
    databases.map(({ address, entry }) => `${entry.policy.repository} ${formatAddress(address)}`),
  );
  const of = ({ name, histories }: Store): readonly RetentionDecision[] =>
    [...histories].flatMap(([key, { all }]) => {
      const address = all[0]?.address;
      if (address === undefined || managed.has(`${name} ${key}`) || !isAskedFor(address, only)) return [];
      return [decideRetention({ address, repository: name, backups: all, policy: undefined, at: observed.at })];
    });
  return [...stores.values()].flatMap(of);
}

function goneFromSpec({ address, repository, keep }: RetentionDecision): Diagnostic {
  return {
    severity: 'info',
    code: 'backup/gone-from-spec',
    summary: `${keep.length} ${keep.length === 1 ? 'backup' : 'backups'} in ${repository} of a database that the spec does not keep there; nothing of it expires`,
    subject: formatAddress(address),
  };
}

function noMatch(glob: string): Diagnostic {
  return {
    severity: 'error',
    code: 'usage/no-match',
    summary: `${glob} matches no database of the spec`,
    help: 'Addresses are server/database; * and ? match any text.',
  };
}

function basisOf(desired: Desired, observed: Observed, stores: Stores): PlanBasis {
  const named = (state: 'unreachable' | 'not-asked'): string[] =>
    observed.servers.filter((server) => server.state === state).map(({ name }) => name);
  return {
    repositories: [...stores.values()].map(({ name, repository }) => ({
      name,
      location: repository?.location ?? desired.repositories.get(name)?.path ?? '',
      state: repository?.state ?? 'unreachable',
      id: repository?.state === 'ready' ? repository.id : undefined,
    })),
    unreachable: named('unreachable'),
    notAsked: named('not-asked'),
  };
}

/** With `only`, what concerns none of the databases asked for does not make the plan incomplete. */
function isComplete(
  { repositories, unreachable, notAsked }: PlanBasis,
  databases: readonly ResolvedDatabase[],
  only: readonly string[] | undefined,
): boolean {
  const servers = new Set(databases.map(({ address }) => address.server));
  const used = new Set(databases.map(({ entry }) => entry.policy.repository));
  return (
    ![...unreachable, ...notAsked].some((name) => only === undefined || servers.has(name)) &&
    !repositories.some(({ name, state }) => state !== 'ready' && (only === undefined || used.has(name)))
  );
}

function ordered(findings: readonly Diagnostic[]): readonly Diagnostic[] {
  const rank = { error: 0, warning: 1, info: 2 } as const;
  return findings.toSorted((a, b) => rank[a.severity] - rank[b.severity]);
}
