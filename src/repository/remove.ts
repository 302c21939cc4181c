import type { Address } from '../base/address.ts';
import { isoTime, type Instant } from '../base/instant.ts';
import { OperationError } from '../base/operation-error.ts';
import { contentsKey, dataPrefix, manifestKey, tombstoneKey, type BackupId } from '../manifest/keys.ts';
import type { Repository } from './repository.ts';

/** Why a backup is gone, kept for ever: a gap in the sequence without one is a loss. */
export interface Removal {
  readonly at: Instant;
  readonly by: { readonly user: string; readonly host: string; readonly run: string | null };
}

/**
 * Removes a backup: first its tombstone stands, then the manifest goes (from here on the backup does not exist), then
 * contents and data; the tombstone stays. Whatever step it is stopped at, calling it again completes it. The caller holds the lease `expire`.
 */
export async function removeBackup(
  repository: Repository,
  address: Address,
  id: BackupId,
  removal: Removal,
): Promise<void> {
  const { user, host, run } = removal.by;
  const tombstone = {
    formatVersion: 1,
    kind: 'holdfast.tombstone',
    id,
    address: { server: address.server, database: address.database },
    at: isoTime(removal.at),
    by: { user, host, run },
  };
  try {
    await repository.commit(tombstoneKey(address, id), Buffer.from(`${JSON.stringify(tombstone)}\n`));
  } catch (error) {
    // An earlier removal that was interrupted.
    if (!(error instanceof OperationError && error.code === 'repository/object-exists')) throw error;
  }
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

async function removeObjects(repository: Repository, id: BackupId): Promise<void> {
  await repository.remove(contentsKey(id));
  const keys: string[] = [];
  for await (const { key } of repository.list(dataPrefix(id))) keys.push(key);
  for (const key of keys) await repository.remove(key);
  await repository.removeScratch(id);
}
