import { formatAddress, type Address } from '../base/address.ts';
import { addressOfKey, parseBackupId, type BackupId } from '../manifest/keys.ts';
import type { BackupSummary, ExpiredBackup } from '../plan/observed.ts';
import type { Repository } from './repository.ts';
import { expiredIds, expiryTimes } from './tombstone.ts';

interface Found {
  readonly backups: readonly BackupSummary[];
  readonly invalidManifests: readonly { readonly key: string }[];
}

/**
 * Backups whose manifest and whose tombstone are both there. Tombstones stay for ever, so that only those are read whose
 * backup has anything left.
 */
export async function findExpired(
  repository: Repository,
  addresses: Iterable<Address>,
  found: Found,
): Promise<readonly ExpiredBackup[]> {
  const marked = await addressesWithTombstones(repository);
  if (marked.size === 0) return [];
  const present = presentByAddress(found, marked);
  const expired: ExpiredBackup[] = [];
  for (const address of addresses) {
    const here = present.get(formatAddress(address));
    if (here === undefined) continue;
    const ids = await expiredIds(repository, address);
    const times = await expiryTimes(repository, address, new Set(here.keys()).intersection(ids));
    for (const [id, at] of times) {
      const backup = here.get(id);
      expired.push({ id, address, at, backup: backup && { ...backup, expiredAt: at } });
    }
  }
  return expired;
}

async function addressesWithTombstones(repository: Repository): Promise<ReadonlySet<string>> {
  const marked = new Set<string>();
  for (const server of await repository.names('tombstones/')) {
    for (const database of await repository.names(`tombstones/${server}/`)) {
      const address = addressOfKey(`tombstones/${server}/${database}/x`);
      if (address !== undefined) marked.add(formatAddress(address));
    }
  }
  return marked;
}

type Present = ReadonlyMap<BackupId, BackupSummary | undefined>;

function presentByAddress(
  { backups, invalidManifests }: Found,
  marked: ReadonlySet<string>,
): ReadonlyMap<string, Present> {
  const present = new Map<string, Map<BackupId, BackupSummary | undefined>>();
  const add = (address: Address, id: BackupId, backup: BackupSummary | undefined): void => {
    const key = formatAddress(address);
    const list = present.get(key);
    if (list !== undefined) list.set(id, backup);
    else if (marked.has(key)) present.set(key, new Map([[id, backup]]));
  };
  for (const backup of backups) add(backup.address, backup.id, backup);
  for (const { key } of invalidManifests) {
    const address = addressOfKey(key);
    const id = parseBackupId(key.slice(key.lastIndexOf('/') + 1).replace(/\.json$/, ''));
    if (address !== undefined && id !== undefined) add(address, id, undefined);
  }
  return present;
}
