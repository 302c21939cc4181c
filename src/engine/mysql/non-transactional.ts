import type { Degradation } from '../../manifest/manifest.ts';
import type { DumpTable } from './dump-tables.ts';

/**
 * Tables whose rows no snapshot holds still (MyISAM, Aria, MEMORY, ARCHIVE, CSV): writes of after the snapshot's
 * moment may be in the dump (MySQL manual, mysqldump, `--single-transaction`).
 */
export function nonTransactional(tables: readonly DumpTable[]): readonly Degradation[] {
  return tables
    .filter(({ transactional, excluded, hasRows }) => !transactional && hasRows && excluded === 'no')
    .map(({ name, engine }) => ({
      code: 'table-not-transactional',
      subject: name,
      detail: `${engine} has no snapshots: rows that were written after the snapshot’s moment may be in the backup`,
    }));
}
