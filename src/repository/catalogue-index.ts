import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Address } from '../base/address.ts';
import type { DrillFact, VerifyFact } from '../plan/observed.ts';
import { summaryColumns, type ColumnsDocument } from './index-columns.ts';
import type { CommittedBackup, ObjectInfo } from './repository.ts';
import { openRereadSample } from './reread-sample.ts';
import type { ManifestSummary } from './summary.ts';

/** What a record or a lease says. Nothing: it is damaged, or says nothing that is wanted. */
export interface IndexedRecord {
  readonly verify?: VerifyFact;
  readonly drill?: DrillFact;
  readonly committed?: CommittedBackup;
}

/**
 * What was read before. An entry is used only for an object with the same stamp, and not in every run (reread-sample.ts); it
 * is dropped when it is not asked for.
 */
export interface CatalogueIndex {
  /** What is known of an object; undefined where it is to be read. `address` is the one in the key. */
  find(info: ObjectInfo, address: Address): ManifestSummary | undefined;
  /** Takes what was just read of an object that `find` does not know. Gives it as the next run will find it. */
  add(info: ObjectInfo, address: Address, summary: ManifestSummary): ManifestSummary;
  takeRecord(info: ObjectInfo, read: () => Promise<IndexedRecord>): Promise<IndexedRecord>;
  /** Writes the index where anything changed. A cache that cannot be written costs time, not correctness. */
  save(): Promise<void>;
}

/** Reads everything. */
export const noIndex: CatalogueIndex = {
  find: () => undefined,
  add: (_, __, summary) => summary,
  takeRecord: (_, read) => read(),
  save: () => Promise.resolve(),
};

interface RecordEntry {
  readonly stamp: string;
  readonly record: IndexedRecord;
}

interface IndexDocument {
  readonly version: number;
  readonly manifests: ColumnsDocument;
  readonly records: readonly (readonly [string, RecordEntry])[];
}

/** Changes with the shape of what is indexed: an index of another version is not read. */
const version = 3;

export async function openIndex(cacheDirectory: string, repositoryId: string): Promise<CatalogueIndex> {
  const path = join(cacheDirectory, `catalogue-${repositoryId}.json`);
  const document = await load(path);
  const sample = await openRereadSample(cacheDirectory, repositoryId);
  const manifests = summaryColumns(document?.manifests);
  const known = new Map(document?.records);
  const used = new Map<string, RecordEntry>();
  let changed = false;
  return {
    find: (info, address) => (sample.includes(info.key) ? undefined : manifests.find(info, address)),
    add: (info, address, summary) => {
      // Read again for the sample: what it was found to be is what was known, or else counts instead of that.
      const present = sample.includes(info.key) ? manifests.find(info, address) : undefined;
      if (present !== undefined && isDeepStrictEqual(present, asStored(summary))) return present;
      return manifests.add(info, summary);
    },
    takeRecord: async (info, read) => {
      const entry = known.get(info.key);
      const fits = entry?.stamp === info.stamp;
      const record = fits && !sample.includes(info.key) ? entry.record : await read();
      used.set(info.key, { stamp: info.stamp, record });
      changed ||= !fits || !isDeepStrictEqual(entry.record, asStored(record));
      return record;
    },
    save: async () => {
      await sample.next();
      if (!changed && used.size === known.size && !manifests.changed()) return;
      await store(cacheDirectory, path, { version, manifests: manifests.document(), records: [...used] });
    },
  };
}

/** JSON drops what is undefined. */
function asStored(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

async function load(path: string): Promise<IndexDocument | undefined> {
  try {
    const document = JSON.parse(await readFile(path, 'utf8')) as IndexDocument;
    return document.version === version ? document : undefined;
  } catch {
    return undefined;
  }
}

async function store(cacheDirectory: string, path: string, document: IndexDocument): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(cacheDirectory, { recursive: true, mode: 0o700 });
    await writeFile(temporary, JSON.stringify(document), { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
  } catch {
    await rm(temporary, { force: true });
  }
}
