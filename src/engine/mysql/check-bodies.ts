import { OperationError } from '../../base/operation-error.ts';
import type { Fact } from '../../manifest/manifest.ts';
import type { Bodies } from './dump.ts';
import { quoteName } from './quote.ts';

/**
 * Throws `dump/entry-missing` where a dump has fewer triggers of a table, or fewer routines and events, than the catalog: the
 * dump programs leave out what the login may not see, and exit 0 (measured).
 */
export function checkBodies(facts: readonly Fact[], { ofTables, others }: Bodies): void {
  const triggers = facts.filter(({ kind }) => kind === 'trigger');
  for (const [table, bodies] of ofTables) {
    const known = triggers.filter(({ value }) => value['table'] === table).length;
    if (bodies < known)
      throw new OperationError(
        'dump/entry-missing',
        `the dump has ${bodies} of ${known} triggers of ${quoteName(table)}`,
      );
  }
  const known = facts.filter(({ kind }) => kind === 'routine' || kind === 'event').length;
  if (others < known)
    throw new OperationError('dump/entry-missing', `the dump has ${others} of ${known} routines and events`);
}
