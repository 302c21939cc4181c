import type { Degradation } from '../../manifest/manifest.ts';
import type { DumpTable } from './dump-tables.ts';

/** Tables that no snapshot holds still, and tables whose rows are not theirs. */
export function notTransactional(tables: readonly DumpTable[]): readonly Degradation[] {
  return tables
    .filter(({ transactional, hasRows, excluded }) => excluded === 'no' && (!transactional || !hasRows))
    .map(({ name, engine, hasRows }) =>
      hasRows
        ? {
            code: 'table-not-transactional' as const,
            subject: name,
            detail: `the engine ${engine} has no snapshots: its rows are those of a moment during the dump`,
          }
        : {
            code: 'foreign-table-data' as const,
            subject: name,
            detail: `the rows of the engine ${engine} are kept elsewhere; only the definition is backed up`,
          },
    );
}
