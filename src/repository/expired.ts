import { formatAddress, type Address } from '../base/address.ts';
import { addressOfKey, parseBackupId, type BackupId } from '../manifest/keys.ts';
import type { BackupSummary, ExpiredBackup } from '../plan/observed.ts';
import type { Repository } from './repository.ts';
import { expiredIds, expiryTimes } from './tombstone.ts';

interface Found {
  readonly backups: readonly BackupSummary[];
  readonly invalidManifests: readonly { readonly key: string }[];
}

/** Backups whose manifest and whose tombstone are both there: only of those are the tombstones read. */
export async function findExpired(
  repository: Repository,
  tombstones: Tombstones,
  found: Found,
): Promise<readonly ExpiredBackup[]> {
  if (tombstones.size === 0) return [];
  const expired: ExpiredBackup[] = [];
  for (const { address, backups } of presentByAddress(found, tombstones).values()) {
    const ids = tombstones.get(formatAddress(address)) ?? new Set();
    const times = await expiryTimes(repository, address, new Set(backups.keys()).intersection(ids));
    for (const [id, at] of times) {
      const backup = backups.get(id);
      expired.push({ id, address, at, backup: backup && { ...backup, expiredAt: at } });
    }
  }
  return expired;
}

/** Ids with a tombstone, by address. Tombstones stay for ever, so only their names are read. */
export type Tombstones = ReadonlyMap<string, ReadonlySet<BackupId>>;

export async function readTombstones(repository: Repository): Promise<Tombstones> {
  const tombstones = new Map<string, ReadonlySet<BackupId>>();
  for (const server of await repository.names('tombstones/')) {
    for (const database of await repository.names(`tombstones/${server}/`)) {
      const address = addressOfKey(`tombstones/${server}/${database}/x`);
      if (address !== undefined) tombstones.set(formatAddress(address), await expiredIds(repository, address));
    }
  }
  return tombstones;
}

interface Present {
  readonly address: Address;
  readonly backups: Map<BackupId, BackupSummary | undefined>;
}

function presentByAddress({ backups, invalidManifests }: Found, tombstones: Tombstones): ReadonlyMap<string, Present> {
  const present = new Map<string, Present>();
  const add = (address: Address, id: BackupId, backup: BackupSummary | undefined): void => {
    const key = formatAddress(address);
    const known = present.get(key);
    if (known !== undefined) known.backups.set(id, backup);
    else if (tombstones.has(key)) present.set(key, { address, backups: new Map([[id, backup]]) });
  };
  for (const backup of backups) add(backup.address, backup.id, backup);
  for (const { key } of invalidManifests) {
    const address = addressOfKey(key);
    const id = parseBackupId(key.slice(key.lastIndexOf('/') + 1).replace(/\.json$/, ''));
    if (address !== undefined && id !== undefined) add(address, id, undefined);
  }
  return present;
}
