import { archiveListing, type Listing } from './archive-listing.ts';

/** Entries of an archive that one run of pg_restore brings back. */
export interface RestorePass {
  readonly name: 'contents' | 'privileges' | 'views' | 'event-triggers';
  /** Dump ids, in the order of the archive. */
  readonly ids: readonly string[];
  /** One after another, where several jobs would do it in any order. */
  readonly inOrder: boolean;
}

/**
 * The passes of pg_restore's own (`_tocEntryRestorePass` in src/bin/pg_dump/pg_backup_archiver.c), each for a run of its own,
 * because with several jobs pg_restore also grants several privileges at a time, and one of them may need another: who
 * hands a privilege on a table on does it in their own name and needs the privilege on its schema. Event triggers come after
 * the last of them: pg_restore fills materialised views after it has made event triggers, and one that is enabled always hears
 * of it in every session, but none hears of an event trigger. Passes without entries are left out. Throws as a command does.
 */
export async function restorePasses(listing: Listing): Promise<readonly RestorePass[]> {
  const ids: Record<RestorePass['name'], string[]> = { contents: [], privileges: [], views: [], 'event-triggers': [] };
  for await (const line of archiveListing(listing)) {
    const [, id, what = ''] = /^(\d+); \d+ \d+ (.*)$/.exec(line) ?? [];
    if (id !== undefined) ids[passOf(what)].push(id);
  }
  return passes
    .map((name) => ({ name, ids: ids[name], inOrder: name === 'privileges' || name === 'event-triggers' }))
    .filter((pass) => pass.ids.length > 0);
}

const passes = ['contents', 'privileges', 'views', 'event-triggers'] as const;

function passOf(entry: string): RestorePass['name'] {
  if (/^(DEFAULT )?ACL /.test(entry)) return 'privileges';
  // They are filled once all privileges are there.
  if (entry.startsWith('MATERIALIZED VIEW DATA ')) return 'views';
  return /^((COMMENT|SECURITY LABEL) - )?EVENT TRIGGER /.test(entry) ? 'event-triggers' : 'contents';
}
