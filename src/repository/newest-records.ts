import { parseInstant, type Instant } from '../base/instant.ts';
import type { Address } from '../base/address.ts';
import { addressOfKey, addressPrefix, parseBackupId, recordKey, type BackupId } from '../manifest/keys.ts';
import { decodeRecord } from '../manifest/records.ts';
import type { DrillFact, VerifyFact } from '../plan/observed.ts';
import type { CatalogueIndex, IndexedRecord } from './catalogue-index.ts';
import type { ObjectInfo, Repository } from './repository.ts';
import { sideBySide } from './side-by-side.ts';

const recordLimitBytes = 64 * 1024 * 1024;

export interface NewestRecords {
  readonly verified: ReadonlyMap<BackupId, VerifyFact>;
  readonly drilled: ReadonlyMap<BackupId, DrillFact>;
  /** Every backup that a record is about: it was committed. */
  readonly subjects: ReadonlyMap<BackupId, Address>;
}

/**
 * The newest verification and drill of every backup. Names sort by time, so only the newest of each is read. Where that one
 * is damaged there is no fact: an older success must not stand in for what came after it.
 */
export async function newestRecords(
  repository: Repository,
  index: CatalogueIndex,
  of?: Address,
): Promise<NewestRecords> {
  const below = of === undefined ? '' : `${addressPrefix(of)}/`;
  const verified = new Map<BackupId, VerifyFact>();
  const drilled = new Map<BackupId, DrillFact>();
  const subjects = new Map<BackupId, Address>();
  const isAbout = (id: BackupId, { key }: ObjectInfo): void => {
    const address = addressOfKey(key);
    if (address !== undefined) subjects.set(id, address);
  };
  await sideBySide([...(await newestByBackup(repository, `records/verify/${below}`))], async ([id, info]) => {
    isAbout(id, info);
    const { verify } = await index.takeRecord(info, () => factOf(repository, info));
    if (verify !== undefined) verified.set(id, verify);
  });
  await sideBySide([...(await newestByBackup(repository, `records/drill/${below}`))], async ([id, info]) => {
    isAbout(id, info);
    const { drill } = await index.takeRecord(info, () => factOf(repository, info));
    // JSON of the index has dropped what is undefined.
    if (drill !== undefined) drilled.set(id, { ...drill, level: drill.level, restoreMs: drill.restoreMs });
  });
  return { verified, drilled, subjects };
}

async function newestByBackup(repository: Repository, prefix: string): Promise<ReadonlyMap<BackupId, ObjectInfo>> {
  const newest = new Map<BackupId, ObjectInfo>();
  for await (const info of repository.list(prefix)) {
    const match = /\/\d{8}T\d{6}\.\d{3}Z-(\d{8}T\d{6}Z-[0-9a-f]{8})-[0-9a-f]+\.json$/.exec(info.key);
    const id = match?.[1] === undefined ? undefined : parseBackupId(match[1]);
    if (id === undefined) continue;
    const known = newest.get(id);
    if (known === undefined || known.key < info.key) newest.set(id, info);
  }
  return newest;
}

async function factOf(repository: Repository, info: ObjectInfo): Promise<IndexedRecord> {
  const record = decodeRecord(await repository.readSmall(info.key, recordLimitBytes));
  if (record === undefined) return {};
  const { id, address, passed } = record;
  const at = parseInstant(record.at) as Instant;
  const kind = record.kind === 'holdfast.verify-record' ? 'verify' : 'drill';
  // One that stands under another backup's name says nothing about that one.
  if (!info.key.startsWith(recordKey({ kind, address, at, id, random: '' }).replace(/\.json$/, ''))) return {};
  return record.kind === 'holdfast.verify-record'
    ? { verify: { at, level: record.level, passed } }
    : { drill: { at, passed, level: record.level ?? undefined, restoreMs: record.restoreMs ?? undefined } };
}
