import { formatAddress, type Address } from '../base/address.ts';
import type { Instant } from '../base/instant.ts';
import { OperationError } from '../base/operation-error.ts';
import { contentsKey, dataPrefix, manifestKey, type BackupId } from '../manifest/keys.ts';
import { historyOf } from '../plan/history.ts';
import { dataGoesAt } from '../plan/grace.ts';
import { afterCollapse, collapseOf, floorsOf } from '../plan/retention.ts';
import { countedBackups } from './counted-backups.ts';
import { expiryTimes, writeTombstone, type Removal } from './tombstone.ts';
import type { Repository } from './repository.ts';

/**
 * Phase one of a removal: writes the tombstone and nothing else. From then on the backup counts for nothing; removing the
 * tombstone brings it back. Whoever planned this looked before the lease was held and before the backup that the same run
 * made, so what must never go is looked up once more: throws `retention/frozen` for the last committed, the last verified and
 * the last drilled backup, and for every one where the newest is suddenly tiny. The caller holds the lease `expire`.
 */
export async function expireBackup(
  repository: Repository,
  address: Address,
  id: BackupId,
  removal: Removal,
): Promise<void> {
  const counted = await countedBackups(repository, address);
  const history = historyOf(counted, removal.at);
  const floor = floorsOf(history).find(([floorId]) => floorId === id)?.[1];
  if (floor !== undefined)
    throw new OperationError(
      'retention/frozen',
      `backup ${id} is the ${floor.replace('-', ' ')} one of ${formatAddress(address)} and is not expired`,
      { hint: 'What counts changed since the plan was made. Plan again.' },
    );
  const collapse = collapseOf(history);
  if (collapse !== undefined)
    throw new OperationError('retention/frozen', `nothing of ${formatAddress(address)} is expired: ${collapse}`, {
      hint: afterCollapse(address),
    });
  const sequence = counted.find((backup) => backup.id === id)?.sequence;
  await writeTombstone(repository, address, { id, sequence, ...removal });
}

/**
 * Phase two: the manifest goes (from here on the backup does not exist), then contents and data; the tombstone stays.
 * Whatever step it is stopped at, calling it again completes it. Throws `plan/stale` where the tombstone is gone or younger
 * than the grace: somebody took the backup back. The caller holds the lease `expire`.
 */
export async function sweepExpired(repository: Repository, address: Address, id: BackupId, at: Instant): Promise<void> {
  const since = (await expiryTimes(repository, address, new Set([id]))).get(id);
  if (since === undefined || at < dataGoesAt(since))
    throw new OperationError(
      'plan/stale',
      `backup ${id} of ${formatAddress(address)} has ${since === undefined ? 'no tombstone' : 'a tombstone that is too young'}: nothing of it is removed`,
      { hint: 'What counts changed since the plan was made. Plan again.' },
    );
  await repository.remove(manifestKey(address, id));
  await removeObjects(repository, id);
}

/**
 * Removes what a backup that was never committed left behind, and the rest of one whose removal was interrupted. Throws
 * `repository/object-exists` where a manifest of this id exists: then it is no leftover.
 */
export async function sweepUnfinished(repository: Repository, id: BackupId): Promise<void> {
  for await (const { key } of repository.list('manifests/')) {
    if (key.endsWith(`/${id}.json`))
      throw new OperationError('repository/object-exists', `backup ${id} is committed, so nothing of it is unfinished`);
  }
  await removeObjects(repository, id);
}

/** Removes temporary files that a killed run left and that nobody wrote to since `before`. */
export async function sweepTemporaries(repository: Repository, before: Instant): Promise<void> {
  const stale: string[] = [];
  for await (const { key, modifiedMs } of repository.list('scratch/tmp/')) if (modifiedMs < before) stale.push(key);
  for (const key of stale) await repository.remove(key);
}

async function removeObjects(repository: Repository, id: BackupId): Promise<void> {
  await repository.remove(contentsKey(id));
  const keys: string[] = [];
  for await (const { key } of repository.list(dataPrefix(id))) keys.push(key);
  for (const key of keys) await repository.remove(key);
  await repository.removeScratch(id);
}
