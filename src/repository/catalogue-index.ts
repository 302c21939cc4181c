import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrillFact, VerifyFact } from '../plan/observed.ts';
import type { ObjectInfo } from './repository.ts';
import type { ManifestSummary } from './summary.ts';

export type IndexedManifest = { readonly summary: ManifestSummary } | { readonly invalid: string };
/** Neither: the record is damaged. */
export interface IndexedRecord {
  readonly verify?: VerifyFact;
  readonly drill?: DrillFact;
}

/** What was read before. An entry is used only for an object with the same stamp, and dropped when it is not asked for. */
export interface CatalogueIndex {
  take(info: ObjectInfo, read: () => Promise<IndexedManifest>): Promise<IndexedManifest>;
  takeRecord(info: ObjectInfo, read: () => Promise<IndexedRecord>): Promise<IndexedRecord>;
  /** Writes the index where anything changed. A cache that cannot be written costs time, not correctness. */
  save(): Promise<void>;
}

/** Reads everything. */
export const noIndex: CatalogueIndex = {
  take: (_, read) => read(),
  takeRecord: (_, read) => read(),
  save: () => Promise.resolve(),
};

interface Entry {
  readonly stamp: string;
  readonly manifest?: IndexedManifest;
  readonly record?: IndexedRecord;
}

/** Changes with the shape of what is indexed: an index of another version is not read. */
const version = 1;

export async function openIndex(cacheDirectory: string, repositoryId: string): Promise<CatalogueIndex> {
  const path = join(cacheDirectory, `catalogue-${repositoryId}.json`);
  const known = await load(path);
  const used = new Map<string, Entry>();
  let changed = false;
  const hit = (info: ObjectInfo): Entry | undefined => {
    const entry = known.get(info.key);
    if (entry?.stamp !== info.stamp) return undefined;
    used.set(info.key, entry);
    return entry;
  };
  const add = (info: ObjectInfo, entry: Omit<Entry, 'stamp'>): void => {
    used.set(info.key, { stamp: info.stamp, ...entry });
    changed = true;
  };
  return {
    take: async (info, read) => {
      const present = hit(info)?.manifest;
      if (present !== undefined) return present;
      const manifest = await read();
      add(info, { manifest });
      return manifest;
    },
    takeRecord: async (info, read) => {
      const present = hit(info)?.record;
      if (present !== undefined) return present;
      const record = await read();
      add(info, { record });
      return record;
    },
    save: async () => {
      if (changed || used.size !== known.size) await store(cacheDirectory, path, used);
    },
  };
}

async function load(path: string): Promise<ReadonlyMap<string, Entry>> {
  try {
    const data = JSON.parse(await readFile(path, 'utf8')) as {
      readonly version?: number;
      readonly entries?: readonly (readonly [string, Entry])[];
    };
    return data.version === version && Array.isArray(data.entries) ? new Map(data.entries) : new Map();
  } catch {
    return new Map();
  }
}

async function store(cacheDirectory: string, path: string, entries: ReadonlyMap<string, Entry>): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(cacheDirectory, { recursive: true, mode: 0o700 });
    await writeFile(temporary, JSON.stringify({ version, entries: [...entries] }), { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
  } catch {
    await rm(temporary, { force: true });
  }
}
