import { parseBackupId, type BackupId } from '../manifest/keys.ts';
import type { BackupSummary } from '../plan/observed.ts';
import type { Repository } from './repository.ts';

/**
 * Says of each backup whether its contents or all of its data are gone. Two listings show it, without reading any of them;
 * what is missing or wrong within is for a verification. Taken after the manifests were listed: a capture stores them last.
 */
export async function withDataGone(
  repository: Repository,
  backups: readonly BackupSummary[],
): Promise<readonly BackupSummary[]> {
  const [data, contents] = await Promise.all([idsIn(repository, 'data/'), idsIn(repository, 'contents/')]);
  return backups.every(({ id }) => data.has(id) && contents.has(id))
    ? backups
    : backups.map((backup) =>
        data.has(backup.id) && contents.has(backup.id) ? backup : { ...backup, dataGone: true },
      );
}

/** The backups that have anything below `data/`, `contents/` or `scratch/`. */
export async function idsIn(repository: Repository, prefix: string): Promise<ReadonlySet<BackupId>> {
  const names = await repository.names(prefix);
  return new Set(names.flatMap((name) => parseBackupId(name.replace(/\.json\.zst$/, '')) ?? []));
}
