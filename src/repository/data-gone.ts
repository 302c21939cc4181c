import { parseBackupId, type BackupId } from '../manifest/keys.ts';
import type { BackupSummary } from '../plan/observed.ts';
import type { Repository } from './repository.ts';

/** What the names below `data/`, `contents/` and `scratch/` say, without reading anything. */
export interface StoredData {
  /** Backups with anything there and without a manifest. */
  readonly uncommitted: ReadonlySet<BackupId>;
  /** Whether every backup with a manifest has contents and data. */
  readonly isWhole: boolean;
}

/** One pass over each list of names that keeps nothing of it: there may be sixty thousand. `committed` have a manifest. */
export async function surveyData(repository: Repository, committed: ReadonlySet<string>): Promise<StoredData> {
  const uncommitted = new Set<BackupId>();
  let isWhole = true;
  for (const group of ['data/', 'contents/', 'scratch/']) {
    let found = 0;
    for (const name of await repository.names(group)) {
      const id = idOf(name);
      if (id === undefined) continue;
      if (committed.has(id)) found += 1;
      else uncommitted.add(id);
    }
    isWhole &&= group === 'scratch/' || found === committed.size;
  }
  return { uncommitted, isWhole };
}

/**
 * Says of each backup whether its contents or all of its data are gone; what is missing or wrong within is for a verification.
 * To be asked after the manifests were listed: a capture stores them last.
 */
export async function withDataGone(
  repository: Repository,
  backups: readonly BackupSummary[],
): Promise<readonly BackupSummary[]> {
  const data = new Set((await repository.names('data/')).map(idOf));
  const contents = new Set((await repository.names('contents/')).map(idOf));
  return backups.map((backup) =>
    data.has(backup.id) && contents.has(backup.id) ? backup : { ...backup, dataGone: true },
  );
}

const suffix = '.json.zst';
const idOf = (name: string): BackupId | undefined =>
  parseBackupId(name.endsWith(suffix) ? name.slice(0, -suffix.length) : name);
