import { OperationError } from '../../base/operation-error.ts';
import type { Fact } from '../../manifest/manifest.ts';
import { qualifiedName } from './quote.ts';
import type { Session } from './session.ts';
import type { DumpableTable } from './tables.ts';

export interface TableCount {
  readonly rows: number;
  /** Order-free: the sum of `hashtextextended` over the rows' text; equal on every major version for equal text. */
  readonly hash: string | undefined;
}

/**
 * Counts every table on the server, in sessions that see the dump's snapshot: the one thing about the data that does not
 * come from pg_dump. `sessions` are inside transactions of that snapshot and share the tables. Row text is hashed on
 * request: one more scan. `(t.*)::text`, because `t::text` means a column named t where there is one.
 */
export async function countTables(
  sessions: readonly Session[],
  tables: readonly DumpableTable[],
  options: { readonly hashes: boolean },
): Promise<ReadonlyMap<string, TableCount>> {
  const counts = new Map<string, TableCount>();
  const queue = tables.filter(({ excluded }) => excluded === 'no').values();
  const hash = options.hashes ? 'coalesce(sum(hashtextextended((t.*)::text, 0)::numeric), 0)::text' : 'NULL';
  await Promise.all(
    sessions.map(async (session) => {
      for (const { oid, schema, table, condition } of queue) {
        const [row] = await session.query<{ rows: string; hash: string | null }>(
          `SELECT count(*) AS rows, ${hash} AS hash FROM ONLY ${qualifiedName(schema, table)} t ${condition}`,
        );
        if (row !== undefined) counts.set(oid, { rows: Number(row.rows), hash: row.hash ?? undefined });
      }
    }),
  );
  return counts;
}

/** Throws `dump/count-mismatch` unless every table has as many rows in the dump as the server counted in the same snapshot. */
export function checkCounts(
  counts: ReadonlyMap<string, TableCount>,
  tables: readonly DumpableTable[],
  entries: readonly { readonly kind: string; readonly subject: string; readonly rows: number | null }[],
): void {
  const dumped = new Map(
    entries.filter(({ kind }) => kind === 'table-data').map(({ subject, rows }) => [subject, rows]),
  );
  for (const { oid, name } of tables) {
    const counted = counts.get(oid)?.rows;
    const rows = dumped.get(name);
    if (counted !== undefined && counted !== rows) {
      throw new OperationError(
        'dump/count-mismatch',
        `the dump has ${rows ?? 'no'} rows of ${name}, the snapshot ${counted}`,
      );
    }
  }
}

/** Facts of kind `rows-hash`, for the tables that were hashed. */
export function hashFacts(counts: ReadonlyMap<string, TableCount>, tables: readonly DumpableTable[]): readonly Fact[] {
  return tables.flatMap(({ oid, name }) => {
    const count = counts.get(oid);
    return count?.hash === undefined
      ? []
      : [{ kind: 'rows-hash', name, value: { rows: count.rows, hash: count.hash } }];
  });
}
