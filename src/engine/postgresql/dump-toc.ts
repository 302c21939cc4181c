import { OperationError } from '../../base/operation-error.ts';
import { archiveListing } from './archive-listing.ts';

/** What an archive says it holds: the only part of its table of contents that is used. */
export interface DumpToc {
  /** Table OID on the source by dump id, for every entry that has rows. */
  readonly tables: ReadonlyMap<string, string>;
  /** Entries that hold large objects. */
  readonly largeObjectEntries: number;
}

/** Reads the table of contents. A complete listing proves nothing about data. */
export async function readDumpToc(restore: string, directory: string, signal: AbortSignal): Promise<DumpToc> {
  const tables = new Map<string, string>();
  let largeObjectEntries = 0;
  try {
    for await (const line of archiveListing({ restore, directory, signal })) {
      const table = /^(\d+); \d+ (\d+) TABLE DATA /.exec(line);
      if (table?.[1] !== undefined && table[2] !== undefined) tables.set(table[1], table[2]);
      else if (/^\d+; \d+ \d+ BLOBS /.test(line)) largeObjectEntries += 1;
    }
  } catch (error) {
    if (error instanceof OperationError && error.code !== 'process/failed') throw error;
    throw new OperationError('dump/failed', 'pg_restore cannot read the archive’s table of contents', { cause: error });
  }
  return { tables, largeObjectEntries };
}
