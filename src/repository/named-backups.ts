import { addressOfKey, parseBackupId, type BackupId } from '../manifest/keys.ts';
import type { Address } from '../base/address.ts';
import type { CatalogueIndex, IndexedRecord } from './catalogue-index.ts';
import { generationOfKey, readGeneration } from './lease-document.ts';
import type { ObjectInfo, Repository } from './repository.ts';

/** A backup that something other than its manifest says was committed. */
export interface NamedBackup {
  readonly address: Address;
  readonly id: BackupId;
  /** Its number in the history of the address, where that is known. */
  readonly sequence: number | undefined;
}

/**
 * The last commit of every address, as the lease of its captures remembers it: without it, the newest backup could go without
 * leaving a gap.
 */
export async function lastCommits(repository: Repository, index: CatalogueIndex): Promise<readonly NamedBackup[]> {
  const newest = new Map<string, { readonly number: number; readonly info: ObjectInfo; readonly address: Address }>();
  for await (const info of repository.list('leases/capture/')) {
    const generation = generationOfKey(info.key);
    const address = generation && addressOfKey(`manifests/${generation.scope.slice('capture/'.length)}/x`);
    if (generation === undefined || address === undefined) continue;
    if (generation.number > (newest.get(generation.scope)?.number ?? 0))
      newest.set(generation.scope, { number: generation.number, info, address });
  }
  const named: NamedBackup[] = [];
  for (const [scope, { number, info, address }] of newest) {
    const { committed } = await index.takeRecord(info, () => committedIn(repository, scope, number));
    if (committed !== undefined) named.push({ address, ...committed });
  }
  return named;
}

async function committedIn(repository: Repository, scope: string, number: number): Promise<IndexedRecord> {
  const { document } = await readGeneration(repository, scope, number);
  const id = document?.committed === undefined ? undefined : parseBackupId(document.committed.id);
  return id === undefined || document?.committed === undefined
    ? {}
    : { committed: { id, sequence: document.committed.sequence } };
}
