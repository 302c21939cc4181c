/** What the text of an inventory query depends on. */
export interface InventoryServer {
  /** `server_version_num`. */
  readonly version: number;
  /** Whether pg_authid may be read: password verifiers are only there. */
  readonly verifiers: boolean;
  /** Whether pg_largeobject may be read. */
  readonly largeObjects: boolean;
  /** Whether connection strings of subscriptions may be read. */
  readonly connectionStrings: boolean;
}

/**
 * One query that yields facts: columns `kind` (text), `name` (text) and `value` (jsonb). Names of roles and owners come
 * from the raw catalogs by join, never from `regrole` or `pg_get_userbyid`: those show newer state than the snapshot
 * (PostgreSQL manual, "Data Consistency Checks at the Application Level": catalog caches are not part of a snapshot).
 */
export interface InventoryQuery {
  /** Whether its facts say who may do what: only these are read for a plan. */
  readonly access: boolean;
  readonly sql: (server: InventoryServer) => string;
}

/** First OID of objects that were made after initdb (`FirstNormalObjectId` in access/transam.h). */
export const firstUserOid = 16384;

/** Schemas whose content belongs to sessions or to TOAST, not to the database. */
export const userSchemas = "n.nspname !~ '^pg_(toast|temp)'";

/** `schema.name`, both quoted where needed, of a pg_class row `c` with its pg_namespace row `n`. */
export const relationName = "quote_ident(n.nspname) || '.' || quote_ident(c.relname)";

/** How SQL calls a relation in `GRANT`, `COMMENT ON` and so on; `c` is its pg_class row. */
export const relationWord = `CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view'
  WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'type' END`;

/** A `name=value` array as a JSON object, so that order does not count; null for null. */
export function optionsObject(array: string): string {
  return `(SELECT jsonb_object_agg(split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)) FROM unnest(${array}) o)`;
}

/** `schema.function(argument types)` of the function with that OID, from raw catalogs; null where it is 0. */
export function functionName(oid: string): string {
  return `(SELECT quote_ident(fn.nspname) || '.' || quote_ident(fp.proname) || '(' || pg_get_function_identity_arguments(fp.oid) || ')'
    FROM pg_proc fp JOIN pg_namespace fn ON fn.oid = fp.pronamespace WHERE fp.oid = ${oid})`;
}

/** Sorted `schema.name` of the relations with the OIDs that a subquery yields. */
export function relationNameOf(oid: string): string {
  return `(SELECT quote_ident(rn.nspname) || '.' || quote_ident(rc.relname)
    FROM pg_class rc JOIN pg_namespace rn ON rn.oid = rc.relnamespace WHERE rc.oid = ${oid})`;
}

/** The extension that an object belongs to, or null. */
export function extensionOf(catalog: string, oid: string): string {
  return `(SELECT e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
    WHERE d.classid = '${catalog}'::regclass AND d.objid = ${oid} AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass LIMIT 1)`;
}

/** `schema.operator(left type,right type)` of the operator with that OID, from raw catalogs; null where it is 0. */
export function operatorName(oid: string): string {
  return `(SELECT quote_ident(opn.nspname) || '.' || op.oprname || '(' || coalesce(format_type(nullif(op.oprleft, 0), NULL), 'none') || ',' || format_type(op.oprright, NULL) || ')'
    FROM pg_operator op JOIN pg_namespace opn ON opn.oid = op.oprnamespace WHERE op.oid = ${oid})`;
}

/** `schema.class` of the operator class with that OID; null where it is 0. */
export function operatorClassName(oid: string): string {
  return `(SELECT quote_ident(cn.nspname) || '.' || quote_ident(oc.opcname)
    FROM pg_opclass oc JOIN pg_namespace cn ON cn.oid = oc.opcnamespace WHERE oc.oid = ${oid})`;
}

/** `schema.collation` of the collation with that OID; null where it is 0. */
export function collationName(oid: string): string {
  return `(SELECT quote_ident(ln.nspname) || '.' || quote_ident(l.collname)
    FROM pg_collation l JOIN pg_namespace ln ON ln.oid = l.collnamespace WHERE l.oid = ${oid})`;
}

/** Condition that an object is not part of an extension, whose script defines it. */
export function notOfExtension(catalog: string, oid: string): string {
  return `NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalog}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`;
}
