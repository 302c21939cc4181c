import type { Fact } from '../../manifest/manifest.ts';
import { firstUserOid, relationName, userSchemas } from './inventory-query.ts';
import type { Session } from './session.ts';

/**
 * How many rows each populated materialised view holds, as facts of kind `materialized-view`; `rows` is null where the
 * login may not read the view. A dump holds the query and no rows, so a restore computes them anew, and a view that was
 * stale on the source is fresh afterwards.
 */
export async function readMaterializedRows(session: Session): Promise<Fact[]> {
  const found = await session.query<{ name: string; readable: boolean }>(
    `SELECT ${relationName} AS name, to_jsonb(has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')) AS readable
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'm' AND c.relispopulated AND c.oid >= ${firstUserOid} AND ${userSchemas} ORDER BY 1`,
  );
  const rows = new Map<string, number>();
  const readable = found.filter((view) => view.readable).map(({ name }) => name);
  for (let from = 0; from < readable.length; from += 200) {
    const batch = readable.slice(from, from + 200);
    const counted = await session.query<{ position: number; rows: number }>(
      batch
        .map((name, position) => `SELECT to_jsonb(${position}) AS position, to_jsonb(count(*)) AS rows FROM ${name}`)
        .join(' UNION ALL '),
    );
    for (const { position, rows: count } of counted) rows.set(batch[position] ?? '', count);
  }
  return found.map(({ name }) => ({ kind: 'materialized-view', name, value: { rows: rows.get(name) ?? null } }));
}
