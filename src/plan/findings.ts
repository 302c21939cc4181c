import { formatAddress } from '../base/address.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { Desired } from '../spec/desired.ts';
import { lostFindings } from './lost-findings.ts';
import type { ObservedServer } from './observed.ts';
import { isAskedFor, isLeftOut, type ResolvedDatabase } from './resolve-databases.ts';
import type { Store, Stores } from './stores.ts';

export interface World {
  readonly desired: Desired;
  readonly stores: Stores;
  readonly servers: readonly ObservedServer[];
  /** Those asked for. */
  readonly databases: readonly ResolvedDatabase[];
  readonly only: readonly string[] | undefined;
}

/** Everything worth saying about servers and repositories as a whole. */
export function worldFindings(world: World): readonly Diagnostic[] {
  const used = new Set(world.databases.map(({ entry }) => entry.policy.repository));
  return [
    ...world.servers.flatMap((server) => [...serverFindings(server, world)]),
    ...[...world.stores.values()]
      .filter(({ name }) => world.only === undefined || used.has(name))
      .flatMap((store) => [...storeFindings(store)]),
    ...[...world.stores.values()].flatMap(({ repository, name }) =>
      repository?.state === 'ready'
        ? lostFindings(
            repository.lost.filter(({ address }) => isAskedFor(address, world.only)),
            name,
          )
        : [],
    ),
    ...passwordFindings(world),
  ];
}

function* serverFindings(server: ObservedServer, world: World): Generator<Diagnostic> {
  const place = world.desired.servers.get(server.name)?.place;
  const at = place === undefined ? {} : { place };
  if (server.state === 'unreachable') yield { ...at, subject: server.name, ...server.diagnostic };
  if (server.state !== 'reachable') return;
  yield* server.diagnostics.map((diagnostic) => ({ ...at, subject: server.name, ...diagnostic }));
  if (!server.client.ok) yield { ...at, subject: server.name, ...server.client.diagnostic };
  yield* versionChanges(server, world);
  const unmanaged = unmanagedOn(server, world);
  if (unmanaged.length === 0) return;
  const many = unmanaged.length > 1;
  yield {
    severity: 'warning',
    code: 'database/unmanaged',
    summary: `${unmanaged.length} ${many ? 'databases are' : 'database is'} not in the spec: ${unmanaged.join(', ')}`,
    subject: server.name,
    ...at,
  };
}

/** An untouched maintenance database is some 8 MB and holds nothing of anybody. */
const untouchedBytes = 12_000_000;

function unmanagedOn(
  server: ObservedServer & { state: 'reachable' },
  { desired, databases, only }: World,
): readonly string[] {
  const managed = new Set(
    databases.filter(({ address }) => address.server === server.name).map(({ address }) => address.database),
  );
  const maintenance = desired.servers.get(server.name)?.maintenanceDatabase;
  return server.databases
    .filter(({ name, bytes }) => !managed.has(name) && !(name === maintenance && bytes < untouchedBytes))
    .map(({ name }) => name)
    .filter(
      (database) =>
        isAskedFor({ server: server.name, database }, only) && !isLeftOut(desired, { server: server.name, database }),
    );
}

function* versionChanges(
  server: ObservedServer & { state: 'reachable' },
  { databases, stores }: World,
): Generator<Diagnostic> {
  const changed = databases.flatMap(({ address, entry }) => {
    const newest =
      address.server === server.name
        ? stores.get(entry.policy.repository)?.histories.get(formatAddress(address))?.newestGood
        : undefined;
    return newest === undefined || isOfSeries(newest.serverVersion, server.series)
      ? []
      : [{ address, version: newest.serverVersion }];
  });
  const [first] = changed;
  if (first === undefined) return;
  yield {
    severity: 'info',
    code: 'server/version-changed',
    summary: `server ${first.version} -> ${server.version} since the newest backup of ${changed.length === 1 ? formatAddress(first.address) : `${changed.length} databases`}`,
    help: `A drill should restore onto version ${server.series} from now on.`,
    subject: server.name,
  };
}

function isOfSeries(version: string, series: string): boolean {
  return version.startsWith(series) && !/^\d/.test(version.slice(series.length));
}

function* storeFindings({ trouble, repository, name }: Store): Generator<Diagnostic> {
  if (trouble !== undefined) yield { subject: name, ...trouble };
  if (repository?.state !== 'ready') return;
  yield* repository.diagnostics.map((diagnostic) => ({ subject: name, ...diagnostic }));
  for (const { key, detail } of repository.invalidManifests) {
    yield {
      severity: 'error',
      code: 'repository/manifest-invalid',
      summary: `${key}: ${detail}`,
      help: 'The backup does not count and nothing of it is removed.',
      subject: name,
    };
  }
}

function passwordFindings({ desired, databases }: World): readonly Diagnostic[] {
  if (desired.digestKey !== undefined || !databases.some(({ entry }) => entry.policy.roles.passwords === 'hashes'))
    return [];
  return [
    {
      severity: 'info',
      code: 'access/passwords-unknown',
      summary: 'changes of passwords cannot be told: the spec has no digest key',
    },
  ];
}
