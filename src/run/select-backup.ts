import { formatAddress, type Address } from '../base/address.ts';
import { isoTime, type Instant } from '../base/instant.ts';
import { OperationError } from '../base/operation-error.ts';
import { addressOfKey, latestSnapshotOfId, parseBackupId, snapshotOfId } from '../manifest/keys.ts';
import { isFuture } from '../plan/due.ts';
import { isDamaged, newestFirst, newestOf } from '../plan/history.ts';
import type { BackupSummary, LostBackup } from '../plan/observed.ts';

/** Which backup of a database is meant. */
export type Selection =
  /** The newest one whose newest verification did not fail; `at` is now. */
  | { readonly kind: 'latest'; readonly at: Instant }
  | { readonly kind: 'id'; readonly id: string }
  /** The newest one whose snapshot is not later than this. */
  | { readonly kind: 'before'; readonly at: Instant };

/** Picks one backup of an address. A damaged or expired one only when it is named by its id. Throws `restore/no-backup`. */
export function selectBackup(backups: readonly BackupSummary[], address: Address, selection: Selection): BackupSummary {
  const own = backups
    .filter((backup) => formatAddress(backup.address) === formatAddress(address))
    .toSorted(newestFirst);
  const usable = own.filter((backup) => backup.expiredAt === undefined && !isDamaged(backup));
  const found =
    selection.kind === 'id'
      ? own.find((backup) => backup.id === selection.id)
      : selection.kind === 'before'
        ? usable.find((backup) => backup.snapshotAt <= selection.at)
        : newestOf(usable, selection.at);
  if (found !== undefined) return found;
  const wanted =
    selection.kind === 'id'
      ? ` with id ${selection.id}`
      : selection.kind === 'before'
        ? ` at or before ${isoTime(selection.at)}`
        : '';
  throw new OperationError('restore/no-backup', `no usable backup of ${formatAddress(address)}${wanted}`, {
    hint: whyNone(own),
  });
}

/** `own` are the backups of the address that can be read, newest first. */
function whyNone(own: readonly BackupSummary[]): string {
  if (own.length === 0)
    return 'The repository holds none of this database that can be read; `backup list` shows what there is.';
  const damaged = own.find((backup) => backup.expiredAt === undefined && isDamaged(backup));
  const choice = damaged === undefined ? '' : `${damaged.id} is damaged: --set ${damaged.id} tries it all the same. `;
  return `${choice}\`backup list\` shows all that there are, with the same spec or --repository.`;
}

/** A backup of which only the key is left: its manifest cannot be read. `snapshotAt` is the latest time that it may be of. */
export type Unreadable = Pick<BackupSummary, 'address' | 'id' | 'snapshotAt'>;

/** Which backups damaged manifests belong to, by their keys. */
export function unreadableOf(invalidManifests: readonly { readonly key: string }[]): readonly Unreadable[] {
  return invalidManifests.flatMap(({ key }) => {
    const address = addressOfKey(key);
    const id = parseBackupId(key.slice(key.lastIndexOf('/') + 1).replace(/\.json$/, ''));
    return address === undefined || id === undefined ? [] : [{ address, id, snapshotAt: latestSnapshotOfId(id) }];
  });
}

/**
 * Newer backups that would have been chosen were they not damaged, gone or dated in the future, one line each: older data
 * than expected is never silent.
 */
export function passedOver(all: Candidates, chosen: BackupSummary, selection: Selection): readonly string[] {
  if (selection.kind === 'id') return [];
  const damaged = [
    ...all.backups.filter((backup) => backup.expiredAt === undefined && isDamaged(backup)),
    ...all.unreadable.map(datedById),
  ].map((backup) => ({ ...backup, because: 'is damaged' }));
  const lost = all.lost.flatMap(({ address, id }) =>
    id === undefined ? [] : [{ ...datedById({ address, id }), because: 'is gone without having expired' }],
  );
  const misdated =
    selection.kind === 'latest'
      ? all.backups
          .filter(({ expiredAt, snapshotAt }) => expiredAt === undefined && isFuture(snapshotAt, selection.at))
          .filter((backup) => !isDamaged(backup))
          .map((backup) => ({ ...backup, because: 'is dated in the future' }))
      : [];
  return [...damaged, ...lost, ...misdated]
    .filter(({ address }) => formatAddress(address) === formatAddress(chosen.address))
    .filter(({ snapshotAt }) => snapshotAt > chosen.snapshotAt)
    .filter(
      (missed) =>
        selection.kind === 'latest' || ('notBefore' in missed ? missed.notBefore : missed.snapshotAt) <= selection.at,
    )
    .map(({ id, because }) => `the newer backup ${id} ${because} and was passed over`);
}

/** Of an id, which tells a second: the backup may be of its end, or of its begin. */
const datedById = ({ address, id }: Pick<BackupSummary, 'address' | 'id'>) => ({
  address,
  id,
  snapshotAt: latestSnapshotOfId(id),
  notBefore: snapshotOfId(id),
});

export interface Candidates {
  readonly backups: readonly BackupSummary[];
  readonly unreadable: readonly Unreadable[];
  readonly lost: readonly LostBackup[];
}
