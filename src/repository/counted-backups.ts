import type { Address } from '../base/address.ts';
import { OperationError } from '../base/operation-error.ts';
import { addressPrefix, parseBackupId } from '../manifest/keys.ts';
import type { BackupSummary } from '../plan/observed.ts';
import { readManifest, unusable } from './catalogue.ts';
import { noIndex } from './catalogue-index.ts';
import { withDataGone } from './data-gone.ts';
import { newestRecords } from './newest-records.ts';
import type { Repository } from './repository.ts';
import { summarise } from './summary.ts';
import { expiredIds } from './tombstone.ts';

/** The backups of one address that count right now: a readable manifest and no tombstone. Read anew, past any index. */
export async function countedBackups(repository: Repository, address: Address): Promise<readonly BackupSummary[]> {
  const expired = await expiredIds(repository, address);
  const records = await newestRecords(repository, noIndex, address);
  const backups: BackupSummary[] = [];
  for (const name of await repository.names(`manifests/${addressPrefix(address)}/`)) {
    const id = parseBackupId(name.replace(/\.json$/, ''));
    if (id === undefined || expired.has(id)) continue;
    try {
      const summary = summarise(await readManifest(repository, address, id));
      backups.push({ ...summary, verified: records.verified.get(id), drilled: records.drilled.get(id) });
    } catch (error) {
      if (!(error instanceof OperationError && unusable.has(error.code))) throw error;
    }
  }
  return withDataGone(repository, backups);
}
