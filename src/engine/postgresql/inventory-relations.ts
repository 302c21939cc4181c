import {
  firstUserOid,
  optionsObject,
  relationName,
  relationNameOf,
  relationWord,
  userSchemas,
  type InventoryQuery,
} from './inventory-query.ts';

const relations: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'relation' AS kind, ${relationName} AS name,
      jsonb_build_object('relationKind', ${relationWord}) || jsonb_strip_nulls(jsonb_build_object(
        'persistence', c.relpersistence, 'options', ${optionsObject('c.reloptions')},
        'toastOptions', (SELECT ${optionsObject('tc.reloptions')} FROM pg_class tc WHERE tc.oid = c.reltoastrelid AND tc.reloptions IS NOT NULL),
        'replicaIdentity', c.relreplident,
        'tablespace', (SELECT spcname FROM pg_tablespace t WHERE t.oid = c.reltablespace),
        'accessMethod', (SELECT amname FROM pg_am m WHERE m.oid = c.relam),
        'populated', CASE WHEN c.relkind = 'm' THEN c.relispopulated END,
        'bound', pg_get_expr(c.relpartbound, c.oid),
        'partitionKey', CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
        'parents', (SELECT jsonb_agg(${relationNameOf('h.inhparent')} ORDER BY h.inhseqno) FROM pg_inherits h WHERE h.inhrelid = c.oid),
        'ofType', CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END,
        'foreignServer', (SELECT jsonb_build_object('server', s.srvname, 'options', ${optionsObject('f.ftoptions')})
          FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid),
        'definition', CASE WHEN c.relkind IN ('v','m') THEN pg_get_viewdef(c.oid) END,
        'columns', (SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
      )) AS value
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r','p','v','m','f','c') AND c.oid >= ${firstUserOid} AND ${userSchemas}`,
};

/**
 * Counts the changes of a column's type, for the server itself, from releases of November 2026 on (17.12). Dumps do not hold
 * it.
 */
const serversOwnOption = 'pg_attver';

/** Columns of a view come from its definition, but their defaults, comments and options do not. */
const columns: InventoryQuery = {
  access: false,
  sql: ({ version }) => `
    SELECT 'column' AS kind, ${relationName} || '.' || quote_ident(a.attname) AS name,
      jsonb_strip_nulls(jsonb_build_object(
        'type', format_type(a.atttypid, a.atttypmod), 'notNull', nullif(a.attnotnull, false),
        'default', pg_get_expr(d.adbin, d.adrelid), 'identity', nullif(a.attidentity, ''), 'generated', nullif(a.attgenerated, ''),
        'collation', (SELECT quote_ident(ln.nspname) || '.' || quote_ident(l.collname) FROM pg_collation l JOIN pg_namespace ln ON ln.oid = l.collnamespace
          WHERE l.oid = a.attcollation AND a.attcollation <> (SELECT typcollation FROM pg_type t WHERE t.oid = a.atttypid)),
        'storage', CASE WHEN a.attstorage <> (SELECT typstorage FROM pg_type t WHERE t.oid = a.atttypid) THEN a.attstorage END,
        'compression', nullif(a.attcompression, ''), 'statistics', ${version >= 170000 ? 'a.attstattarget' : 'nullif(a.attstattarget, -1)'},
        'options', nullif(${optionsObject('a.attoptions')} - '${serversOwnOption}', '{}'), 'foreignOptions', ${optionsObject('a.attfdwoptions')},
        'local', nullif(a.attislocal, true), 'inherited', nullif(a.attinhcount, 0),
        'comment', (SELECT description FROM pg_description s WHERE s.classoid = 'pg_class'::regclass AND s.objoid = c.oid AND s.objsubid = a.attnum),
        'securityLabels', (SELECT jsonb_object_agg(provider, label) FROM pg_seclabel s WHERE s.classoid = 'pg_class'::regclass AND s.objoid = c.oid AND s.objsubid = a.attnum)
      )) AS value
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r','p','v','m','f','c') AND c.oid >= ${firstUserOid} AND ${userSchemas}`,
};

/** Foreign keys of partitions that follow from their parent's are made by the server under names of its own. */
const constraints: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'constraint' AS kind,
      CASE WHEN c.conrelid <> 0 THEN ${relationNameOf('c.conrelid')}
        ELSE (SELECT quote_ident(tn.nspname) || '.' || quote_ident(t.typname) FROM pg_type t JOIN pg_namespace tn ON tn.oid = t.typnamespace WHERE t.oid = c.contypid) END
        || ' ' || quote_ident(c.conname) AS name,
      jsonb_strip_nulls(jsonb_build_object('definition', pg_get_constraintdef(c.oid), 'valid', c.convalidated, 'local', nullif(c.conislocal, true),
        'comment', (SELECT description FROM pg_description s WHERE s.classoid = 'pg_constraint'::regclass AND s.objoid = c.oid))) AS value
    FROM pg_constraint c
    JOIN pg_namespace n ON n.oid = c.connamespace
    WHERE c.oid >= ${firstUserOid} AND ${userSchemas} AND NOT (c.contype = 'f' AND c.conparentid <> 0) AND c.contype <> 't'`,
};

const indexes: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'index' AS kind, ${relationName} AS name,
      jsonb_strip_nulls(jsonb_build_object('table', ${relationNameOf('i.indrelid')}, 'definition', pg_get_indexdef(i.indexrelid),
        'valid', i.indisvalid, 'ready', i.indisready, 'clustered', nullif(i.indisclustered, false), 'replicaIdentity', nullif(i.indisreplident, false),
        'tablespace', (SELECT spcname FROM pg_tablespace t WHERE t.oid = c.reltablespace),
        'statistics', (SELECT jsonb_object_agg(a.attnum, a.attstattarget) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0),
        'comment', (SELECT description FROM pg_description s WHERE s.classoid = 'pg_class'::regclass AND s.objoid = c.oid AND s.objsubid = 0))) AS value
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid >= ${firstUserOid} AND ${userSchemas}`,
};

const triggers: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'trigger' AS kind, ${relationName} || ' ' || quote_ident(t.tgname) AS name,
      jsonb_strip_nulls(jsonb_build_object('definition', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled,
        'comment', (SELECT description FROM pg_description s WHERE s.classoid = 'pg_trigger'::regclass AND s.objoid = t.oid))) AS value
    FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND ${userSchemas}`,
};

/**
 * Triggers that the server made for a constraint, where their state is not the ordinary one: `ALTER TABLE … DISABLE TRIGGER
 * ALL` switches foreign keys off, and no dump says so. Their names hold OIDs, and the server also names the constraints of
 * partitions, so each is known by its table, by the constraint at the top and by its function.
 */
export const changedInternalTriggers = `
    WITH RECURSIVE top(oid, top) AS (
      SELECT oid, oid FROM pg_constraint WHERE conparentid = 0
      UNION ALL SELECT c.oid, t.top FROM pg_constraint c JOIN top t ON c.conparentid = t.oid)
    SELECT n.nspname AS schema, c.relname AS table, kn.nspname AS owner_schema, kc.relname AS owner_table, k.conname AS constraint,
      p.proname AS function, min(t.tgenabled::text) AS enabled
    FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN top o ON o.oid = t.tgconstraint
    JOIN pg_constraint k ON k.oid = o.top
    JOIN pg_class kc ON kc.oid = k.conrelid
    JOIN pg_namespace kn ON kn.oid = kc.relnamespace
    JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE t.tgisinternal AND t.tgenabled <> 'O' AND ${userSchemas}
    GROUP BY 1, 2, 3, 4, 5, 6`;

const internalTriggers: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'internal-trigger' AS kind,
      quote_ident(t.schema) || '.' || quote_ident(t.table) || ' ' || quote_ident(t.owner_schema) || '.' || quote_ident(t.owner_table) || ' '
        || quote_ident(t.constraint) || ' ' || t.function AS name,
      jsonb_build_object('enabled', t.enabled) AS value
    FROM (${changedInternalTriggers}) t`,
};

const rules: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'rule' AS kind, ${relationName} || ' ' || quote_ident(r.rulename) AS name,
      jsonb_strip_nulls(jsonb_build_object('definition', pg_get_ruledef(r.oid), 'enabled', r.ev_enabled,
        'comment', (SELECT description FROM pg_description s WHERE s.classoid = 'pg_rewrite'::regclass AND s.objoid = r.oid))) AS value
    FROM pg_rewrite r
    JOIN pg_class c ON c.oid = r.ev_class
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.oid >= ${firstUserOid} AND r.rulename <> '_RETURN' AND ${userSchemas}`,
};

const policies: InventoryQuery = {
  access: true,
  sql: () => `
    SELECT 'policy' AS kind, ${relationName} || ' ' || quote_ident(p.polname) AS name,
      jsonb_build_object(
        'command', CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE 'all' END,
        'permissive', p.polpermissive, 'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid),
        'roles', (SELECT jsonb_agg(r.rolname ORDER BY r.rolname COLLATE "C" NULLS FIRST) FROM unnest(p.polroles) x LEFT JOIN pg_roles r ON r.oid = x),
        'comment', (SELECT description FROM pg_description s WHERE s.classoid = 'pg_policy'::regclass AND s.objoid = p.oid)) AS value
    FROM pg_policy p
    JOIN pg_class c ON c.oid = p.polrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace`,
};

/** Row security itself is part of who may do what, also for a plan, which does not read whole relations. */
const rowSecurity: InventoryQuery = {
  access: true,
  sql: () => `
    SELECT 'row-security' AS kind, ${relationName} AS name, jsonb_build_object('enabled', c.relrowsecurity, 'forced', c.relforcerowsecurity) AS value
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE (c.relrowsecurity OR c.relforcerowsecurity) AND c.oid >= ${firstUserOid}`,
};

/** Tables, views and what hangs on them. */
export const relationQueries: readonly InventoryQuery[] = [
  relations,
  columns,
  constraints,
  indexes,
  triggers,
  internalTriggers,
  rules,
  policies,
  rowSecurity,
];
