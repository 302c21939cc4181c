import type { Address } from '../base/address.ts';
import { instant, isoTime, parseInstant, type Instant } from '../base/instant.ts';
import { OperationError } from '../base/operation-error.ts';
import { addressPrefix, parseBackupId, tombstoneKey, type BackupId } from '../manifest/keys.ts';
import type { Repository } from './repository.ts';

/** Why a backup is gone, kept for ever: without one, a gap in the sequence is a loss. */
export interface Removal {
  readonly at: Instant;
  readonly by: { readonly user: string; readonly host: string; readonly run: string | null };
}

const limitBytes = 64 * 1024;

/** Ids of an address that have a tombstone, whether anything is left of them or not. */
export async function expiredIds(repository: Repository, address: Address): Promise<ReadonlySet<BackupId>> {
  const names = await repository.names(`tombstones/${addressPrefix(address)}/`);
  return new Set(names.flatMap((name) => parseBackupId(name.replace(/\.json$/, '')) ?? []));
}

/**
 * When the tombstones of these backups were written: by the writer's clock or the storage's, whichever is later, so that
 * neither one alone can shorten the grace. A backup without one is not in the result.
 */
export async function expiryTimes(
  repository: Repository,
  address: Address,
  ids: ReadonlySet<BackupId>,
): Promise<ReadonlyMap<BackupId, Instant>> {
  const wanted = new Map([...ids].map((id) => [tombstoneKey(address, id), id]));
  const times = new Map<BackupId, Instant>();
  if (wanted.size === 0) return times;
  for await (const { key, modifiedMs } of repository.list(`tombstones/${addressPrefix(address)}/`)) {
    const id = wanted.get(key);
    if (id === undefined) continue;
    const text = (await repository.readSmall(key, limitBytes)).toString('utf8');
    times.set(id, instant(Math.max(modifiedMs, timeIn(text) ?? 0)));
  }
  return times;
}

/**
 * The tombstones of an address, and the number that the backup of each had; undefined where it does not say. Reads them all.
 */
export async function expiredSequences(
  repository: Repository,
  address: Address,
): Promise<ReadonlyMap<BackupId, number | undefined>> {
  const sequences = new Map<BackupId, number | undefined>();
  for (const id of await expiredIds(repository, address)) {
    const { sequence } = fieldsOf((await repository.readSmall(tombstoneKey(address, id), limitBytes)).toString('utf8'));
    sequences.set(id, Number.isSafeInteger(sequence) ? (sequence as number) : undefined);
  }
  return sequences;
}

/** Writes it durably; nothing happens where it stands already. */
export async function writeTombstone(
  repository: Repository,
  address: Address,
  tombstone: Removal & { readonly id: BackupId; readonly sequence: number | undefined },
): Promise<void> {
  const { id, sequence, at, by } = tombstone;
  const document = {
    formatVersion: 1,
    kind: 'holdfast.tombstone',
    id,
    address: { server: address.server, database: address.database },
    sequence: sequence ?? null,
    at: isoTime(at),
    by: { user: by.user, host: by.host, run: by.run },
  };
  try {
    await repository.commit(tombstoneKey(address, id), Buffer.from(`${JSON.stringify(document)}\n`));
  } catch (error) {
    // An earlier run wrote it and was stopped before it could say so.
    if (!(error instanceof OperationError && error.code === 'repository/object-exists')) throw error;
  }
}

/** Undefined where it is damaged: then its name and the storage's time still count. */
function timeIn(text: string): Instant | undefined {
  const { at } = fieldsOf(text);
  return typeof at === 'string' ? parseInstant(at) : undefined;
}

function fieldsOf(text: string): { readonly at?: unknown; readonly sequence?: unknown } {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === 'object' && data !== null ? data : {};
  } catch {
    return {};
  }
}
