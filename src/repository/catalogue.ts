import { createHash } from 'node:crypto';
import type { Address } from '../base/address.ts';
import { parseInstant, type Instant } from '../base/instant.ts';
import { OperationError } from '../base/operation-error.ts';
import { decompress } from '../codec/zstd.ts';
import { decodeContents, decodeManifest } from '../manifest/decode.ts';
import { addressOfKey, addressPrefix, manifestKey, parseBackupId, recordKey, type BackupId } from '../manifest/keys.ts';
import type { Contents, Manifest } from '../manifest/manifest.ts';
import type { BackupRecord } from '../manifest/records.ts';
import type { BackupSummary, ExpiredBackup, LostBackup, UnfinishedBackup } from '../plan/observed.ts';
import { readPart } from './backup-reader.ts';
import { surveyData, withDataGone } from './data-gone.ts';
import { openIndex } from './catalogue-index.ts';
import { newestRecords } from './newest-records.ts';
import type { CommittedBackup, ObjectInfo, Repository } from './repository.ts';
import { sideBySide } from './side-by-side.ts';
import { summarise, type ManifestSummary } from './summary.ts';
import { findExpired, readTombstones } from './expired.ts';
import { findLost } from './find-lost.ts';
import { lastCommits } from './named-backups.ts';
import { findUnfinished } from './unfinished.ts';

const manifestLimitBytes = 16 * 1024 * 1024;
const contentsLimitBytes = 1024 * 1024 * 1024;

export interface Catalogue {
  /** By address, then by time. */
  readonly backups: readonly BackupSummary[];
  /** Those with a tombstone, in no order. */
  readonly expired: readonly ExpiredBackup[];
  readonly unfinished: readonly UnfinishedBackup[];
  readonly invalidManifests: readonly { readonly key: string; readonly detail: string }[];
  /** Committed, gone, and without a tombstone. */
  readonly lost: readonly LostBackup[];
}

/**
 * What a repository holds. Manifests that were read before come from an index below `cacheDirectory`, one file per
 * repository, believed only where the listing shows the same object, and in all runs but one of `rereadRounds`; a missing or
 * damaged index is made anew. Throws `repository/*` where listing fails: an incomplete catalogue is none.
 */
export async function readCatalogue(
  repository: Repository,
  options: { readonly cacheDirectory: string },
): Promise<Catalogue> {
  const index = await openIndex(options.cacheDirectory, repository.id);
  const backups: BackupSummary[] = [];
  const invalidManifests: { key: string; detail: string }[] = [];
  const addresses = new Map<string, Address>();
  // First what names a backup, then the backups, then what explains that one is gone: runs beside this one change all of it.
  const records = await newestRecords(repository, index);
  const commits = await lastCommits(repository, index);
  const take = (summary: ManifestSummary): void => {
    const { id } = summary;
    backups.push({ ...summary, verified: records.verified.get(id), drilled: records.drilled.get(id) });
  };
  const unread: { readonly info: ObjectInfo; readonly address: Address; readonly id: BackupId }[] = [];
  for await (const info of repository.list('manifests/')) {
    const folder = info.key.slice(0, info.key.lastIndexOf('/'));
    // Decoded once per database: with sixty thousand manifests it shows.
    const address = addresses.get(folder) ?? addressOfKey(info.key);
    if (address !== undefined) addresses.set(folder, address);
    const id = idOfKey(info.key);
    if (address === undefined || id === undefined) {
      invalidManifests.push({ key: info.key, detail: 'not the name of a manifest' });
      continue;
    }
    const known = index.find(info, address);
    if (known === undefined) unread.push({ info, address, id });
    else take(known);
  }
  await sideBySide(unread, async ({ info, address, id }) => {
    const read = await summaryOf(repository, address, id);
    // Removed since the listing: what explains that is read below.
    if (read === undefined) return;
    if ('invalid' in read) invalidManifests.push({ key: info.key, detail: read.invalid });
    else take(index.add(info, address, read.summary));
  });
  // Whichever was read first.
  invalidManifests.sort((a, b) => compare(a.key, b.key));
  const tombstones = await readTombstones(repository);
  const expired = await findExpired(repository, tombstones, { backups, invalidManifests });
  const gone = new Set(expired.map(({ id }) => id));
  const damaged = invalidManifests.flatMap(({ key }) => {
    const [address, id] = [addressOfKey(key), idOfKey(key)];
    return address === undefined || id === undefined ? [] : [{ address, id }];
  });
  const recorded = [...records.subjects].map(([id, address]) => ({ id, address, sequence: undefined }));
  const lost = await findLost(repository, { backups, damaged, tombstones, named: [...recorded, ...commits] });
  const sorted = (gone.size === 0 ? backups : backups.filter(({ id }) => !gone.has(id))).sort(byAddressAndTime);
  const named = damaged.map(({ id }) => id);
  const stored = await surveyData(repository, new Set([...backups.map(({ id }) => id), ...named]));
  const unfinished = await findUnfinished(repository, stored.uncommitted);
  await index.save();
  return {
    backups: stored.isWhole ? sorted : await withDataGone(repository, sorted),
    expired,
    unfinished,
    invalidManifests: invalidManifests.filter(({ key }) => !gone.has(idOfKey(key) as BackupId)),
    lost,
  };
}

async function summaryOf(repository: Repository, address: Address, id: BackupId) {
  try {
    return { summary: summarise(await readManifest(repository, address, id)) };
  } catch (error) {
    if (error instanceof OperationError && unusable.has(error.code)) return { invalid: error.message };
    if (error instanceof OperationError && error.code === 'repository/object-missing') return undefined;
    throw error;
  }
}

/** Codes of manifests that are there and cannot be used. */
export const unusable: ReadonlySet<string> = new Set([
  'repository/manifest-invalid',
  'repository/format',
  'repository/object-corrupt',
]);

function byAddressAndTime(a: BackupSummary, b: BackupSummary): number {
  return (
    compare(a.address.server, b.address.server) ||
    compare(a.address.database, b.address.database) ||
    compare(a.id, b.id)
  );
}

const idOfKey = (key: string): BackupId | undefined =>
  key.endsWith('.json') ? parseBackupId(key.slice(key.lastIndexOf('/') + 1, -5)) : undefined;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The manifest of a committed backup. Throws `repository/object-missing`, `repository/manifest-invalid`, `repository/format`.
 */
export async function readManifest(repository: Repository, address: Address, id: BackupId): Promise<Manifest> {
  return decodeManifest(await repository.readSmall(manifestKey(address, id), manifestLimitBytes), { address, id });
}

/**
 * The contents that a manifest vouches for. Throws `repository/object-missing`, `repository/object-corrupt`,
 * `repository/manifest-invalid`.
 */
export async function readContents(repository: Repository, manifest: Manifest): Promise<Contents> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readPart(repository, manifest.contents)) chunks.push(chunk);
  const id = manifest.id as BackupId;
  const contents = decodeContents(decompress(Buffer.concat(chunks), contentsLimitBytes), id);
  if (createHash('sha256').update(contents.accessText).digest('hex') !== manifest.access.fingerprint) {
    throw new OperationError(
      'repository/object-corrupt',
      `the access text of ${id} differs from its manifest's fingerprint`,
    );
  }
  return contents;
}

/**
 * The newest committed backup of an address by its snapshot; undefined where there is none. A damaged manifest must not
 * forbid the backup that replaces it: an older one counts then, and the sequence keeps a gap for each that cannot be read.
 */
export async function newestBackup(repository: Repository, address: Address): Promise<CommittedBackup | undefined> {
  const ids = (await repository.names(`manifests/${addressPrefix(address)}/`)).flatMap(
    (name) => parseBackupId(name.replace(/\.json$/, '')) ?? [],
  );
  let unreadable = 0;
  for (const id of ids.sort().reverse()) {
    try {
      return { id, sequence: (await readManifest(repository, address, id)).sequence + unreadable };
    } catch (error) {
      if (!(error instanceof OperationError && unusable.has(error.code))) throw error;
      unreadable += 1;
    }
  }
  return undefined;
}

/** Stores a record durably under a new name. */
export async function writeRecord(
  repository: Repository,
  record: BackupRecord,
  random: (bytes: number) => Uint8Array,
): Promise<void> {
  const kind = record.kind === 'holdfast.drill-record' ? 'drill' : 'verify';
  const at = parseInstant(record.at) as Instant;
  const key = recordKey({
    kind,
    address: record.address,
    at,
    id: record.id,
    random: Buffer.from(random(4)).toString('hex'),
  });
  await repository.commit(key, Buffer.from(`${JSON.stringify(record)}\n`));
}
