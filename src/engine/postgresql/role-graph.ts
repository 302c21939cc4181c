import { splitNames } from './guc.ts';
import { qualifiedName, quoteIdentifier } from './quote.ts';
import type { Session } from './session.ts';

/** What decides which roles a database needs, by OID: plain data, so that the decision is a pure function. */
export interface RoleGraph {
  readonly bootstrap: string;
  readonly names: ReadonlyMap<number, string>;
  readonly memberships: readonly { readonly role: number; readonly member: number; readonly grantor: number }[];
  /** Roles that something in the database depends on. */
  readonly references: readonly { readonly oid: number; readonly why: string }[];
  /** Roles named by values in tables (regrole, aclitem): they must exist, nothing more. */
  readonly mentions: readonly { readonly oid: number; readonly why: string }[];
  /** `ALTER ROLE role SET role = target`. */
  readonly switches: readonly { readonly role: number; readonly target: number }[];
}

/**
 * Reads the graph in the caller's transaction. Raw catalogs only: `regrole` and `pg_get_userbyid` look in caches that show
 * newer state than the snapshot. `scanData` also reads the columns of type regrole and aclitem of every table, because a
 * row with a role that does not exist cannot be restored, and pg_shdepend knows nothing of rows.
 */
export async function readRoleGraph(session: Session, options: { readonly scanData: boolean }): Promise<RoleGraph> {
  const [catalogs] = await session.query<{ graph: CatalogGraph }>(graphSql);
  if (catalogs === undefined) throw new TypeError('a query without FROM gave no row');
  const { graph } = catalogs;
  const names = new Map(graph.roles.map(({ oid, name }) => [oid, name]));
  const byName = new Map(graph.roles.map(({ oid, name }) => [name, oid]));
  const target = (value: string): number | undefined =>
    byName.get(splitNames(value)?.[0] ?? value) ?? byName.get(value);
  const switches = graph.switches.flatMap(({ role, value }) => {
    const oid = target(value);
    return oid === undefined ? [] : [{ role, oid }];
  });
  return {
    bootstrap: names.get(10) ?? 'postgres',
    names,
    memberships: graph.memberships,
    references: [
      ...graph.references,
      ...graph.switched.flatMap(({ value, why }) => {
        const oid = target(value);
        return oid === undefined ? [] : [{ oid, why }];
      }),
    ],
    mentions: options.scanData ? await readMentions(session) : [],
    switches: switches.map(({ role, oid }) => ({ role, target: oid })),
  };
}

interface CatalogGraph {
  readonly roles: readonly { readonly oid: number; readonly name: string }[];
  readonly memberships: RoleGraph['memberships'];
  readonly references: RoleGraph['references'];
  readonly switches: readonly { readonly role: number; readonly value: string }[];
  readonly switched: readonly { readonly value: string; readonly why: string }[];
}

/**
 * pg_shdepend has owners (o), ACL entries (a), policies (r) and initial privileges (i); it leaves out what is pinned
 * (OID 10, pg_*) and pg_db_role_setting (PostgreSQL manual, "pg_shdepend").
 */
const graphSql = `
  WITH db AS (SELECT oid, datdba, dattablespace FROM pg_database WHERE datname = current_database()),
  space AS (SELECT dattablespace AS oid FROM db UNION SELECT reltablespace FROM pg_class WHERE reltablespace <> 0),
  dependency AS (
    SELECT s.* FROM pg_shdepend s, db
    WHERE s.refclassid = 'pg_authid'::regclass AND (
      s.dbid = db.oid
      OR s.dbid = 0 AND s.classid = 'pg_database'::regclass AND s.objid = db.oid
      OR s.dbid = 0 AND s.classid = 'pg_tablespace'::regclass AND s.objid IN (SELECT oid FROM space)
      OR s.dbid = 0 AND s.classid = 'pg_subscription'::regclass AND s.objid IN (SELECT oid FROM pg_subscription WHERE subdbid = db.oid))),
  reference(oid, why) AS (
    SELECT DISTINCT d.refobjid,
      CASE d.deptype WHEN 'o' THEN 'owner in ' WHEN 'a' THEN 'privilege in ' WHEN 'r' THEN 'policy in ' WHEN 'i' THEN 'initial privilege in ' ELSE 'named in ' END || c.relname
    FROM dependency d JOIN pg_class c ON c.oid = d.classid
    UNION SELECT datdba, 'owner in pg_database' FROM db
    UNION SELECT setrole, 'setting in this database' FROM pg_db_role_setting JOIN db ON setdatabase = db.oid WHERE setrole <> 0)
  SELECT json_build_object(
    'roles', (SELECT json_agg(json_build_object('oid', oid::bigint, 'name', rolname)) FROM pg_roles),
    'memberships', coalesce((SELECT json_agg(json_build_object('role', roleid::bigint, 'member', member::bigint, 'grantor', grantor::bigint)) FROM pg_auth_members), '[]'),
    'references', coalesce((SELECT json_agg(json_build_object('oid', oid::bigint, 'why', why)) FROM reference), '[]'),
    'switches', coalesce((SELECT json_agg(json_build_object('role', setrole::bigint, 'value', substr(x, strpos(x, '=') + 1)))
      FROM pg_db_role_setting, unnest(setconfig) x WHERE setrole <> 0 AND setdatabase = 0 AND split_part(x, '=', 1) IN ('role', 'session_authorization')), '[]'),
    'switched', coalesce((SELECT json_agg(json_build_object('value', substr(x, strpos(x, '=') + 1), 'why', why)) FROM (
      SELECT x, 'SET clause of a function' AS why FROM pg_proc, unnest(proconfig) x
      UNION ALL SELECT x, 'setting in this database' FROM pg_db_role_setting JOIN db ON setdatabase = db.oid, unnest(setconfig) x) y
      WHERE split_part(x, '=', 1) IN ('role', 'session_authorization')), '[]')) AS graph`;

/** Tables only: a materialised view is computed anew, a foreign table's rows are not ours. */
const mentionColumnsSql = `
  SELECT n.nspname AS schema, c.relname AS table, a.attname AS column, t.typname AS type
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped AND c.oid >= 16384
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND t.typname IN ('regrole', '_regrole', 'aclitem', '_aclitem')
    AND t.typnamespace = 'pg_catalog'::regnamespace
    AND has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')`;

async function readMentions(session: Session): Promise<RoleGraph['mentions']> {
  const columns = await session.query<{ schema: string; table: string; column: string; type: string }>(
    mentionColumnsSql,
  );
  const mentions: { oid: number; why: string }[] = [];
  for (const { schema, table, column, type } of columns) {
    const name = `t.${quoteIdentifier(column)}`;
    // aclexplode() takes neither NULLs nor another number of dimensions than one; a column may hold both.
    const items = type === 'aclitem' ? `ARRAY[${name}]` : name;
    const source = type.endsWith('regrole')
      ? `SELECT r::oid FROM unnest(${type === 'regrole' ? `ARRAY[${name}]` : name}) r`
      : `SELECT unnest(ARRAY[x.grantee, x.grantor]) FROM aclexplode(NULLIF(ARRAY(SELECT i FROM unnest(${items}) i WHERE i IS NOT NULL), '{}')) x`;
    const rows = await session.query<{ oid: string }>(
      `SELECT DISTINCT m.oid::bigint AS oid FROM ONLY ${qualifiedName(schema, table)} t, LATERAL (${source}) m(oid) WHERE m.oid IS NOT NULL AND m.oid <> 0`,
    );
    for (const { oid } of rows) mentions.push({ oid: Number(oid), why: `value in ${schema}.${table}.${column}` });
  }
  return mentions;
}
