import { archiveListing, type Listing } from './archive-listing.ts';

/** Entries of an archive that one run of pg_restore brings back. */
export interface RestorePass {
  readonly name: PassName;
  /** Dump ids, in the order in which they are to be restored. */
  readonly ids: readonly string[];
  /** One after another, where several jobs would do it in any order. */
  readonly inOrder: boolean;
}

/**
 * The passes of pg_restore's own (`_tocEntryRestorePass` in src/bin/pg_dump/pg_backup_archiver.c), each for a run of its own,
 * and more. Passes without entries are left out. Throws as a command does.
 *
 * Foreign keys come after all rows. Those of a partitioned table wait for its own rows alone, of which it has none: its
 * partitions would be filled under their eyes, row by row, and not at all with rows that one was never checked against (18).
 *
 * Triggers of partitions that are cloned from their parent's are in an archive only as `ALTER TABLE … DISABLE TRIGGER`, and
 * nothing there says that they need the parent's first: alone or beside others, pg_restore may come to them too early and fails
 * (measured with 15.18, 17.12 and 18.6). A clone is younger than what it was cloned from, so triggers come by their age. Those
 * that the server makes for foreign keys are in it by names that hold the OID they had, which none has on another server: they
 * are left out, and the supplement sets their states.
 *
 * Privileges: with several jobs pg_restore also grants several at a time, and one of them may need another: who hands a
 * privilege on a table on does it in their own name and needs the privilege on its schema.
 *
 * Event triggers come last: pg_restore fills materialised views after it has made them, and one that is enabled always hears of
 * it in every session, but none hears of what makes event triggers.
 */
export const restorePasses = (listing: Listing): Promise<readonly RestorePass[]> => passesOf(archiveListing(listing));

/** The same for the lines of a listing. */
export async function passesOf(lines: AsyncIterable<string>): Promise<readonly RestorePass[]> {
  const entries = new Map<PassName, Entry[]>(Object.keys(inOrder).map((name) => [name as PassName, []]));
  for await (const line of lines) {
    const [, id, oid, what = ''] = /^(\d+); \d+ (\d+) (.*)$/.exec(line) ?? [];
    if (id !== undefined && !isServersOwn(what, oid)) entries.get(passOf(what))?.push({ id, oid: Number(oid) });
  }
  entries.set('triggers', byAge(entries.get('triggers') ?? []));
  return [...entries]
    .filter(([, { length }]) => length > 0)
    .map(([name, all]) => ({ name, ids: all.map(({ id }) => id), inOrder: inOrder[name] }));
}

type PassName = 'contents' | 'foreign-keys' | 'triggers' | 'privileges' | 'views' | 'event-triggers';

/** In the order in which they follow each other. */
const inOrder: Readonly<Record<PassName, boolean>> = {
  contents: false,
  'foreign-keys': false,
  triggers: true,
  privileges: true,
  views: false,
  'event-triggers': true,
};

interface Entry {
  readonly id: string;
  readonly oid: number;
}

/** Comments, which have no OID of their own, come behind all triggers. */
const byAge = (triggers: readonly Entry[]): Entry[] => [
  ...triggers.filter(({ oid }) => oid !== 0).sort((a, b) => a.oid - b.oid),
  ...triggers.filter(({ oid }) => oid === 0),
];

/** `CreateTriggerFiringOn` in trigger.c. Nobody else knows the OID of a trigger before it is there. */
const isServersOwn = (entry: string, oid = ''): boolean =>
  entry.startsWith('TRIGGER ') && ['a', 'c'].some((kind) => entry.includes(` RI_ConstraintTrigger_${kind}_${oid} `));

function passOf(entry: string): PassName {
  if (/^(DEFAULT )?ACL /.test(entry)) return 'privileges';
  // They are filled once all privileges are there.
  if (entry.startsWith('MATERIALIZED VIEW DATA ')) return 'views';
  if (/^((COMMENT|SECURITY LABEL) - )?EVENT TRIGGER /.test(entry)) return 'event-triggers';
  if (/^(FK CONSTRAINT |COMMENT .* CONSTRAINT )/.test(entry)) return 'foreign-keys';
  // A comment on something else that looks like one on a trigger may as well come later.
  return /^(TRIGGER |COMMENT .* TRIGGER )/.test(entry) ? 'triggers' : 'contents';
}
