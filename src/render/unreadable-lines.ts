import { formatAddress } from '../base/address.ts';
import type { BackupSummary } from '../plan/observed.ts';
import { escapeControl } from './neutral.ts';
import type { Paint } from './paint.ts';

/** A backup whose manifest cannot be read, and the location of its repository. */
export interface UnreadableIn extends Pick<BackupSummary, 'address' | 'id' | 'snapshotAt'> {
  readonly location: string;
}

/** A line each; empty where there is none. */
export function unreadableLines(unreadable: readonly UnreadableIn[], paint: Paint): readonly string[] {
  return unreadable.flatMap(({ address, id, location }) => [
    `${paint.error('✗ DAMAGED ')}  ${escapeControl(formatAddress(address))}  the manifest of backup ${id} in ${escapeControl(location)} cannot be read`,
    '              Bring it back from a copy of the repository; nothing of the backup is removed. `backup plan` says what is wrong with it.',
  ]);
}

/** The same for a document. */
export function unreadableJson({ address, id, location }: UnreadableIn) {
  return { address: { server: address.server, database: address.database }, id, repository: location };
}
