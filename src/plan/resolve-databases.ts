import { formatAddress, matchesGlob, type Address } from '../base/address.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { Holds } from '../manifest/manifest.ts';
import type { Desired, DesiredDatabase } from '../spec/desired.ts';
import { holdsOf } from './holds.ts';
import type { Observed, ObservedDatabase, ObservedServer } from './observed.ts';
import { knownDatabases, storesOf } from './stores.ts';

/** One database that the spec covers. */
export interface ResolvedDatabase {
  readonly address: Address;
  readonly entry: DesiredDatabase;
  readonly server: ObservedServer;
  /** `unknown`: the server did not answer or was not asked. */
  readonly presence: 'present' | 'missing' | 'unknown';
  readonly observed: ObservedDatabase | undefined;
}

export interface Resolution {
  readonly databases: readonly ResolvedDatabase[];
  readonly findings: readonly Diagnostic[];
}

/**
 * Which databases the spec means: names as they stand, patterns against the server's databases and the names that the
 * repositories know (a dropped database keeps its policy, and a server that was not asked is known only from there).
 * A name wins over a pattern, and the first pattern over later ones.
 */
export function resolveDatabases(
  desired: Desired,
  observed: Observed,
  known: ReadonlyMap<string, ReadonlySet<string>>,
): Resolution {
  const servers = new Map(observed.servers.map((server) => [server.name, server]));
  const databases = new Map(
    [...servers.values()].map((server) => [
      server.name,
      server.state === 'reachable' ? new Map(server.databases.map((database) => [database.name, database])) : undefined,
    ]),
  );
  const resolved = new Map<string, ResolvedDatabase>();
  const findings: Diagnostic[] = [];
  const byNameFirst = [
    ...desired.databases.filter(({ select }) => select.kind === 'name'),
    ...desired.databases.filter(({ select }) => select.kind === 'pattern'),
  ];
  for (const entry of byNameFirst) {
    const present = databases.get(entry.server);
    const names = namesOf(entry, () => [...(present?.keys() ?? []), ...(known.get(entry.server) ?? [])]);
    if (names.length === 0 && entry.select.kind === 'pattern')
      findings.push(emptyPattern(entry, present !== undefined));
    for (const database of names) {
      const address = { server: entry.server, database };
      const key = formatAddress(address);
      if (resolved.has(key)) continue;
      const found = present?.get(database);
      const presence = present === undefined ? 'unknown' : found === undefined ? 'missing' : 'present';
      resolved.set(key, {
        address,
        entry,
        server: servers.get(entry.server) ?? { name: entry.server, state: 'not-asked' },
        presence,
        observed: found,
      });
    }
  }
  const order = new Map(desired.databases.map((entry, index) => [entry, index]));
  return {
    databases: [...resolved.values()].sort((a, b) => (order.get(a.entry) ?? 0) - (order.get(b.entry) ?? 0)),
    findings,
  };
}

/**
 * The databases of each server to look into closely, after a first look at servers and repositories: the second call of
 * `Engine.observe`. Addresses that `only` leaves out are not asked for.
 */
export function databasesToObserve(
  desired: Desired,
  observed: Observed,
  only?: readonly string[],
): ReadonlyMap<string, ReadonlyMap<string, { readonly holds: Holds }>> {
  const { databases } = resolveDatabases(desired, observed, knownDatabases(storesOf(desired, observed)));
  const asked = databases.filter(({ address, presence }) => presence === 'present' && isAskedFor(address, only));
  return new Map(
    [...Map.groupBy(asked, ({ address }) => address.server)].map(([server, list]) => [
      server,
      new Map(list.map(({ address, entry }) => [address.database, { holds: holdsOf(entry.policy) }])),
    ]),
  );
}

/** `only` are globs over `server/database`; absent: everything. */
export function isAskedFor(address: Address, only: readonly string[] | undefined): boolean {
  return only === undefined || only.length === 0 || only.some((glob) => matchesGlob(glob, formatAddress(address)));
}

/** Whether a pattern entry excludes a database by name: then leaving it out is a decision, not an oversight. */
export function isLeftOut(desired: Desired, address: Address): boolean {
  return desired.databases.some(
    ({ server, select }) =>
      server === address.server &&
      select.kind === 'pattern' &&
      select.except.some((glob) => matchesGlob(glob, address.database)),
  );
}

function namesOf({ select }: DesiredDatabase, candidates: () => readonly string[]): readonly string[] {
  if (select.kind === 'name') return [select.database];
  const matching = candidates().filter(
    (name) => matchesGlob(select.match, name) && !select.except.some((glob) => matchesGlob(glob, name)),
  );
  return [...new Set(matching)].sort();
}

function emptyPattern(entry: DesiredDatabase, asked: boolean): Diagnostic {
  const pattern = entry.select.kind === 'pattern' ? entry.select.match : '';
  return {
    severity: 'warning',
    code: 'database/pattern-empty',
    summary: asked
      ? `pattern ${pattern} matches no database on ${entry.server}`
      : `pattern ${pattern} matches no database that a repository knows, and ${entry.server} was not asked`,
    subject: entry.server,
    place: entry.place,
  };
}
