import type { Session } from './session.ts';

/** Leaf → root, both quoted names, for tables that are partitioned by hash at any level. */
export async function hashPartitions(session: Session): Promise<ReadonlyMap<string, string>> {
  const rows = await session.query<{ leaf: string; root: string }>(`
    WITH RECURSIVE tree(root, member) AS (
      SELECT p.partrelid, p.partrelid FROM pg_partitioned_table p WHERE p.partstrat = 'h'
      UNION ALL SELECT t.root, i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.member)
    SELECT quote_ident(ln.nspname) || '.' || quote_ident(l.relname) AS leaf, quote_ident(rn.nspname) || '.' || quote_ident(r.relname) AS root
    FROM tree t
    JOIN pg_class l ON l.oid = t.member AND l.relkind = 'r' JOIN pg_namespace ln ON ln.oid = l.relnamespace
    JOIN pg_class r ON r.oid = t.root JOIN pg_namespace rn ON rn.oid = r.relnamespace`);
  return new Map(rows.map(({ leaf, root }) => [leaf, root]));
}
