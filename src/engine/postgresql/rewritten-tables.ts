import { OperationError } from '../../base/operation-error.ts';
import type { Session } from './session.ts';
import type { DumpableTable } from './tables.ts';

/**
 * Throws `dump/failed`, transient, where a table whose rows are wanted is not what the snapshot saw: rewritten, dropped,
 * made anew or renamed. A TRUNCATE or a rewriting ALTER TABLE that is committed after the snapshot and before pg_dump's
 * locks shows the table empty to that snapshot, to COPY and count(*) alike (PostgreSQL manual, "Caveats" of MVCC). To be called
 * while pg_dump holds its locks, which keep such statements out from then on, in a session that is not in a snapshot.
 */
export async function refuseRewritten(session: Session, tables: readonly DumpableTable[]): Promise<void> {
  const rows = await session.query<{ oid: string; storage: string; schema: string; table: string }>(`
    SELECT c.oid, c.relfilenode AS storage, n.nspname AS schema, c.relname AS table
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'`);
  const now = new Map(rows.map((row) => [row.oid, row]));
  const changed = tables.filter(({ oid, storage, schema, table, excluded }) => {
    const found = now.get(oid);
    return excluded === 'no' && (found?.storage !== storage || found.schema !== schema || found.table !== table);
  });
  if (changed.length === 0) return;
  const names = changed.map(({ name }) => name).sort();
  throw new OperationError(
    'dump/failed',
    `rewritten, dropped or renamed while the dump began: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`,
    {
      hint: 'After TRUNCATE and the like, a snapshot taken before it sees the table empty. Take the backup when no such statement runs.',
      transient: true,
    },
  );
}
