import { archiveListing, type Listing } from './archive-listing.ts';

/** Entries of an archive that one run of pg_restore brings back. */
export interface RestorePass {
  readonly name: 'contents' | 'privileges' | 'rest';
  /** Dump ids, in the order of the archive. */
  readonly ids: readonly string[];
}

/**
 * The passes of pg_restore's own (`_tocEntryRestorePass` in src/bin/pg_dump/pg_backup_archiver.c), each for a run of its own,
 * because with several jobs pg_restore also grants several privileges at a time, and one of them may need another: who
 * hands a privilege on a table on does it in their own name and needs the privilege on its schema. Passes without entries
 * are left out. Throws as a command does.
 */
export async function restorePasses(listing: Listing): Promise<readonly RestorePass[]> {
  const ids: Record<RestorePass['name'], string[]> = { contents: [], privileges: [], rest: [] };
  for await (const line of archiveListing(listing)) {
    const [, id, what = ''] = /^(\d+); \d+ \d+ (.*)$/.exec(line) ?? [];
    if (id !== undefined) ids[passOf(what)].push(id);
  }
  return (['contents', 'privileges', 'rest'] as const)
    .map((name) => ({ name, ids: ids[name] }))
    .filter((pass) => pass.ids.length > 0);
}

function passOf(entry: string): RestorePass['name'] {
  if (/^(DEFAULT )?ACL /.test(entry)) return 'privileges';
  // Views are filled, and event triggers hear, once all privileges are there.
  if (/^(MATERIALIZED VIEW DATA|((COMMENT|SECURITY LABEL) - )?EVENT TRIGGER) /.test(entry)) return 'rest';
  return 'contents';
}
