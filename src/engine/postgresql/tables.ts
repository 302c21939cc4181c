import type { DumpPolicy } from '../../spec/desired.ts';
import { matchesTable, tablePattern } from './dump-pattern.ts';
import type { Session } from './session.ts';

/** A table whose rows a dump can hold, as the snapshot's catalog has it. */
export interface DumpableTable {
  readonly oid: string;
  /** Its file's number (`relfilenode`), another one after every rewrite. */
  readonly storage: string;
  readonly schema: string;
  readonly table: string;
  /** Both quoted where needed, as in the inventory. */
  readonly name: string;
  /** In the order of the dump's COPY: by attnum, without dropped and generated ones. */
  readonly columns: readonly string[];
  /** `WHERE …` of an extension's configuration table (pg_extension_config_dump); empty for every other. */
  readonly condition: string;
  /** `unlogged`: the server is a standby, which has no rows of this table. */
  readonly excluded: 'no' | 'data' | 'table' | 'unlogged';
}

/**
 * Tables whose rows must be in a dump of this database, and those that the policy leaves out. An extension's tables are
 * made by its script; pg_dump takes only the rows of its configuration tables, under the extension's condition
 * (PostgreSQL manual, "Extension Configuration Tables").
 */
export async function readDumpableTables(
  session: Session,
  policy: Pick<DumpPolicy, 'excludeTables' | 'excludeTableData'>,
): Promise<readonly DumpableTable[]> {
  const excludedTables = policy.excludeTables.map(tablePattern);
  const excludedData = policy.excludeTableData.map(tablePattern);
  const rows = await session.query<{
    oid: string;
    storage: string;
    schema: string;
    table: string;
    name: string;
    columns: readonly string[];
    condition: string | null;
    unlogged: boolean;
  }>(`
    SELECT c.oid, c.relfilenode AS storage, n.nspname AS schema, c.relname AS table, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name, x.condition,
      to_jsonb(c.relpersistence = 'u' AND pg_is_in_recovery()) AS unlogged,
      coalesce((SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''), '[]') AS columns
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'
    LEFT JOIN LATERAL (SELECT e.extcondition[i] AS condition FROM pg_extension e, generate_subscripts(e.extconfig, 1) i
      WHERE e.oid = d.refobjid AND e.extconfig[i] = c.oid) x ON true
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND c.oid >= 16384
      AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      AND (d.objid IS NULL OR x.condition IS NOT NULL)
    ORDER BY c.oid`);
  return rows.map(({ condition, unlogged, ...row }) => ({
    ...row,
    condition: condition ?? '',
    excluded: matchesTable(excludedTables, row.schema, row.table)
      ? 'table'
      : matchesTable(excludedData, row.schema, row.table)
        ? 'data'
        : unlogged
          ? 'unlogged'
          : 'no',
  }));
}
