import type { Degradation, Fact } from '../../manifest/manifest.ts';
import { exclusions } from './excluded.ts';
import type { DumpObjects } from './dump-tables.ts';
import type { Flavour } from './flavour.ts';
import { nonTransactional } from './non-transactional.ts';
import { readNotRestorable } from './not-restorable.ts';
import { readOrphanDefiners } from './orphan-definers.ts';
import { rowlessTables } from './rowless-tables.ts';
import type { Session } from './session.ts';

export interface Losses {
  readonly degradations: readonly Degradation[];
  /** Of what the backup holds: without what the policy leaves out. */
  readonly facts: readonly Fact[];
}

/**
 * What a backup lacks, or would not bring back as it was, as far as that shows without reading rows: a plan says it ahead and
 * a backup of itself, both from here. `facts` are the database's inventory.
 */
export async function readLosses(
  session: Session,
  flavour: Flavour,
  found: { readonly database: string; readonly objects: DumpObjects; readonly facts: readonly Fact[] },
): Promise<Losses> {
  const { database, objects } = found;
  const excluded = await exclusions(session, database, objects);
  const facts = excluded.without(found.facts);
  return {
    facts,
    degradations: [
      ...nonTransactional(objects.tables),
      ...rowlessTables(objects.tables),
      ...(await readOrphanDefiners(session, facts)),
      ...(await readNotRestorable(session, flavour, { database, facts })),
      ...excluded.degradations,
    ],
  };
}
