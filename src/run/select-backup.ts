import { formatAddress, type Address } from '../base/address.ts';
import { isoTime, type Instant } from '../base/instant.ts';
import { OperationError } from '../base/operation-error.ts';
import { isDamaged } from '../plan/history.ts';
import type { BackupSummary } from '../plan/observed.ts';

/** Which backup of a database is meant. */
export type Selection =
  /** The newest one whose newest verification did not fail. */
  | { readonly kind: 'latest' }
  | { readonly kind: 'id'; readonly id: string }
  /** The newest one whose snapshot is not later than this. */
  | { readonly kind: 'before'; readonly at: Instant };

/** Picks one backup of an address. A damaged or expired one only when it is named by its id. Throws `restore/no-backup`. */
export function selectBackup(backups: readonly BackupSummary[], address: Address, selection: Selection): BackupSummary {
  const own = backups
    .filter((backup) => formatAddress(backup.address) === formatAddress(address))
    .toSorted((a, b) => b.snapshotAt - a.snapshotAt);
  const found = own.find((backup) => {
    if (selection.kind === 'id') return backup.id === selection.id;
    return (
      backup.expiredAt === undefined &&
      !isDamaged(backup) &&
      (selection.kind === 'latest' || backup.snapshotAt <= selection.at)
    );
  });
  if (found !== undefined) return found;
  const wanted =
    selection.kind === 'id'
      ? ` with id ${selection.id}`
      : selection.kind === 'before'
        ? ` at or before ${isoTime(selection.at)}`
        : '';
  throw new OperationError('restore/no-backup', `no usable backup of ${formatAddress(address)}${wanted}`, {
    hint:
      own.length === 0
        ? 'The repository holds none of this database; `backup list` shows what there is.'
        : `There are ${own.length}: \`backup list ${formatAddress(address)}\` shows them.`,
  });
}
