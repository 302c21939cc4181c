import { OperationError } from '../../base/operation-error.ts';
import { everyRowOf, type DumpTable } from './dump-tables.ts';
import type { Session } from './session.ts';

/**
 * Counts the rows of tables on the server, in the snapshot of the session: the one thing about the data that does not come
 * from the dump program. By table. Going back to a savepoint after each lets others change the table again.
 */
export async function countTables(
  session: Session,
  database: string,
  tables: readonly DumpTable[],
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const each of tables) {
    await session.run('SAVEPOINT counted');
    const [row] = await session.query<{ n: string }>(`SELECT COUNT(*) AS n FROM ${everyRowOf(database, each)}`);
    await session.run('ROLLBACK TO SAVEPOINT counted');
    counts.set(each.table, Number(row?.n));
  }
  return counts;
}

/**
 * Every table must be in the dump with as many rows as were counted: throws `dump/entry-missing`, `dump/count-mismatch`.
 * Gives those that differ where that proves nothing: without a snapshot in common (`shared` false). Tables that no snapshot
 * holds still have as many rows as were dumped.
 */
export function checkCounts(
  counts: ReadonlyMap<string, number>,
  tables: readonly DumpTable[],
  { entries, shared }: { readonly entries: readonly DumpedTable[]; readonly shared: boolean },
): readonly string[] {
  const dumped = new Map(
    entries.filter(({ kind }) => kind === 'table-data').map(({ subject, rows }) => [subject, rows]),
  );
  const different: string[] = [];
  for (const { table, name, excluded, transactional } of tables) {
    if (excluded !== 'no') continue;
    const rows = dumped.get(name);
    if (rows === undefined) throw new OperationError('dump/entry-missing', `the dump lacks the table ${name}`);
    const counted = counts.get(table);
    if (counted === undefined || counted === rows || !transactional) continue;
    if (shared)
      throw new OperationError(
        'dump/count-mismatch',
        `the dump has ${rows ?? 'no'} rows of ${name}, the snapshot ${counted}`,
      );
    different.push(`${name} ${rows} dumped, ${counted} counted`);
  }
  return different;
}

interface DumpedTable {
  readonly kind: string;
  readonly subject: string;
  readonly rows: number | null;
}
