import type { Degradation } from '../../manifest/manifest.ts';
import type { DumpTable } from './dump-tables.ts';

/** Tables whose rows are another table's or another server's: the dump programs take their definitions alone. */
export function rowlessTables(tables: readonly DumpTable[]): readonly Degradation[] {
  return tables
    .filter(({ hasRows, excluded }) => !hasRows && excluded === 'no')
    .map(({ name, engine }) => ({
      code: 'foreign-table-data',
      subject: name,
      detail: `the rows of the engine ${engine} are kept elsewhere; only the definition is backed up`,
    }));
}
