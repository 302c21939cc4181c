import { formatAddress, type Address } from '../base/address.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import { addressOfKey, parseBackupId, type BackupId } from '../manifest/keys.ts';
import type { Desired } from '../spec/desired.ts';
import { historyOf, type History } from './history.ts';
import type { BackupSummary, Observed, ObservedRepository } from './observed.ts';

/** One declared repository, its backups grouped by address once: everything later is a look-up. */
export interface Store {
  readonly name: string;
  readonly repository: ObservedRepository | undefined;
  readonly histories: ReadonlyMap<string, History>;
  /** Backups whose manifest is damaged, by address. */
  readonly unreadable: ReadonlyMap<string, readonly BackupId[]>;
  /** Why it cannot be used now; undefined where it is ready. */
  readonly trouble: Diagnostic | undefined;
}

export type Stores = ReadonlyMap<string, Store>;

export function storesOf(desired: Desired, observed: Observed): Stores {
  const seen = new Map(observed.repositories.map((repository) => [repository.name, repository]));
  return new Map(
    [...desired.repositories.values()].map(({ name, place, path }) => {
      const repository = seen.get(name);
      const trouble: Diagnostic | undefined =
        repository?.state === 'ready'
          ? undefined
          : repository === undefined
            ? {
                severity: 'error',
                code: 'repository/unreachable',
                summary: `repository ${name} at ${path} was not observed`,
                subject: name,
              }
            : repository.diagnostic;
      const { backups, invalidManifests } =
        repository?.state === 'ready' ? repository : { backups: [], invalidManifests: [] };
      return [
        name,
        {
          name,
          repository,
          histories: grouped(backups, observed),
          unreadable: unreadableByAddress(invalidManifests),
          trouble: trouble && { place, ...trouble },
        },
      ];
    }),
  );
}

export function historyIn(store: Store | undefined, address: Address): History | undefined {
  return store?.histories.get(formatAddress(address));
}

/** Backups of an address whose manifest is damaged. */
export function unreadableIn(store: Store | undefined, address: Address): readonly BackupId[] {
  return store?.unreadable.get(formatAddress(address)) ?? [];
}

function unreadableByAddress(manifests: readonly { readonly key: string }[]): Store['unreadable'] {
  const found = new Map<string, BackupId[]>();
  for (const { key } of manifests) {
    const address = addressOfKey(key);
    const id = parseBackupId(key.slice(key.lastIndexOf('/') + 1).replace(/\.json$/, ''));
    if (address === undefined || id === undefined) continue;
    const ids = found.get(formatAddress(address));
    if (ids === undefined) found.set(formatAddress(address), [id]);
    else ids.push(id);
  }
  return found;
}

/** Databases of a server that any repository has a backup of, or the remains of one. */
export function knownDatabases(stores: Stores): ReadonlyMap<string, ReadonlySet<string>> {
  const known = new Map<string, Set<string>>();
  const add = ({ server, database }: Address): void => {
    const names = known.get(server);
    if (names === undefined) known.set(server, new Set([database]));
    else names.add(database);
  };
  for (const { histories, repository } of stores.values()) {
    for (const { all } of histories.values()) if (all[0] !== undefined) add(all[0].address);
    if (repository?.state !== 'ready') continue;
    for (const { key } of repository.invalidManifests) {
      const address = addressOfKey(key);
      if (address !== undefined) add(address);
    }
    for (const { address } of repository.lost) add(address);
  }
  return known;
}

function grouped(backups: readonly BackupSummary[], { at }: Observed): ReadonlyMap<string, History> {
  const groups = Map.groupBy(backups, (backup) => formatAddress(backup.address));
  return new Map([...groups].map(([address, list]) => [address, historyOf(list, at)]));
}
