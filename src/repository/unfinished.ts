import { instant } from '../base/instant.ts';
import { contentsKey, dataPrefix, snapshotOfId, type BackupId } from '../manifest/keys.ts';
import type { UnfinishedBackup } from '../plan/observed.ts';
import { abandonedWork, anyLeaseHeld } from './lease-survey.ts';
import type { Repository } from './repository.ts';

/**
 * Objects and scratch space of backups without a manifest (`ids`): never committed, or half removed. `live` where any capture
 * may be running, for a lease names its backup only once the snapshot is there; but not where a lease that nobody holds any
 * more names it.
 */
export async function findUnfinished(
  repository: Repository,
  ids: ReadonlySet<BackupId>,
): Promise<readonly UnfinishedBackup[]> {
  if (ids.size === 0) return [];
  const anyHeld = await anyLeaseHeld(repository, 'capture');
  const ended = await abandonedWork(repository, 'capture');
  const unfinished: UnfinishedBackup[] = [];
  for (const id of ids) {
    const abandoned = ended.has(id);
    const { newestMs, hasContents } = await lookAt(repository, id);
    unfinished.push({ id, modifiedAt: instant(newestMs), abandoned, live: anyHeld && !abandoned, hasContents });
  }
  return unfinished.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The id says when its snapshot was; an empty scratch directory has no other time. */
async function lookAt(
  repository: Repository,
  id: BackupId,
): Promise<{ readonly newestMs: number; readonly hasContents: boolean }> {
  let newestMs: number = snapshotOfId(id);
  let hasContents = false;
  for (const prefix of [dataPrefix(id), `scratch/${id}/`]) {
    for await (const { modifiedMs } of repository.list(prefix)) newestMs = Math.max(newestMs, modifiedMs);
  }
  for await (const { key, modifiedMs } of repository.list('contents/')) {
    if (key !== contentsKey(id)) continue;
    hasContents = true;
    newestMs = Math.max(newestMs, modifiedMs);
  }
  return { newestMs, hasContents };
}
