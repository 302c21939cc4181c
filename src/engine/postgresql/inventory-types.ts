import {
  collationName,
  firstUserOid,
  functionName,
  notOfExtension,
  operatorClassName,
  userSchemas,
  type InventoryQuery,
} from './inventory-query.ts';

const enums: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'enum' AS kind, quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS name,
      jsonb_build_object('labels', jsonb_agg(e.enumlabel ORDER BY e.enumsortorder)) AS value
    FROM pg_enum e
    JOIN pg_type t ON t.oid = e.enumtypid
    JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE ${userSchemas}
    GROUP BY n.nspname, t.typname`,
};

const types: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'range' END AS kind, quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS name,
      jsonb_strip_nulls(jsonb_build_object('base', CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) END, 'notNull', nullif(t.typnotnull, false),
        'default', t.typdefault, 'collation', ${collationName("CASE t.typtype WHEN 'd' THEN t.typcollation ELSE g.rngcollation END")},
        'subtype', CASE t.typtype WHEN 'r' THEN format_type(g.rngsubtype, NULL) END, 'multirange', CASE t.typtype WHEN 'r' THEN format_type(g.rngmultitypid, NULL) END,
        'operatorClass', ${operatorClassName('g.rngsubopc')}, 'canonical', ${functionName('g.rngcanonical::oid')}, 'difference', ${functionName('g.rngsubdiff::oid')})) AS value
    FROM pg_type t
    JOIN pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_range g ON g.rngtypid = t.oid
    WHERE t.typtype IN ('d', 'r') AND t.oid >= ${firstUserOid} AND ${userSchemas}`,
};

/** Base types, without the array types that come and go with their element types. */
const baseTypes: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'base-type' AS kind, quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS name,
      jsonb_strip_nulls(jsonb_build_object('input', ${functionName('t.typinput::oid')}, 'output', ${functionName('t.typoutput::oid')},
        'receive', ${functionName('t.typreceive::oid')}, 'send', ${functionName('t.typsend::oid')},
        'modifierInput', ${functionName('t.typmodin::oid')}, 'modifierOutput', ${functionName('t.typmodout::oid')},
        'analyze', ${functionName('t.typanalyze::oid')}, 'subscript', ${functionName('t.typsubscript::oid')},
        'length', t.typlen, 'byValue', t.typbyval, 'alignment', t.typalign, 'storage', t.typstorage, 'category', t.typcategory,
        'preferred', t.typispreferred, 'delimiter', t.typdelim, 'element', CASE WHEN t.typelem <> 0 THEN format_type(t.typelem, NULL) END,
        'default', t.typdefault, 'collation', ${collationName('t.typcollation')})) AS value
    FROM pg_type t
    JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'b' AND t.oid >= ${firstUserOid} AND ${userSchemas} AND ${notOfExtension('pg_type', 't.oid')}
      AND NOT EXISTS (SELECT FROM pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid)`,
};

const casts: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'cast' AS kind, format_type(c.castsource, NULL) || ' as ' || format_type(c.casttarget, NULL) AS name,
      jsonb_strip_nulls(jsonb_build_object('function', ${functionName('c.castfunc')}, 'context', c.castcontext, 'method', c.castmethod)) AS value
    FROM pg_cast c WHERE c.oid >= ${firstUserOid}`,
};

/** The version of a collation belongs to the machine's library. `colliculocale` became `colllocale` in 17. */
const collations: InventoryQuery = {
  access: false,
  sql: ({ version }) => `
    SELECT 'collation' AS kind, quote_ident(n.nspname) || '.' || quote_ident(c.collname) AS name,
      jsonb_strip_nulls(jsonb_build_object('provider', c.collprovider, 'deterministic', c.collisdeterministic, 'collate', c.collcollate, 'ctype', c.collctype,
        'locale', ${version >= 170000 ? 'c.colllocale' : 'c.colliculocale'}, 'rules', ${version >= 160000 ? 'c.collicurules' : 'null::text'})) AS value
    FROM pg_collation c
    JOIN pg_namespace n ON n.oid = c.collnamespace
    WHERE c.oid >= ${firstUserOid} AND ${userSchemas}`,
};

/** Types, and what turns one into another or orders their text. Composite types are relations. */
export const typeQueries: readonly InventoryQuery[] = [enums, types, baseTypes, casts, collations];
