import { firstUserOid, functionName, optionsObject, userSchemas, type InventoryQuery } from './inventory-query.ts';

/** In the database's own encoding, so that no text fails to convert. */
const textDigest = (text: string): string => `encode(sha256(convert_to(${text}, getdatabaseencoding())), 'hex')`;
const notOfExtension = (catalog: string, oid: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalog}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`;

const functions: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'function' AS kind,
      quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name,
      jsonb_strip_nulls(jsonb_build_object('functionKind', p.prokind, 'language', l.lanname, 'arguments', pg_get_function_arguments(p.oid),
        'result', pg_get_function_result(p.oid), 'securityDefiner', p.prosecdef, 'volatility', p.provolatile, 'parallel', p.proparallel,
        'strict', p.proisstrict, 'leakproof', p.proleakproof, 'cost', p.procost, 'rows', p.prorows, 'settings', ${optionsObject('p.proconfig')},
        'support', ${functionName('p.prosupport')}, 'binary', p.probin,
        'sourceSha256', ${textDigest('p.prosrc')}, 'bodySha256', ${textDigest('pg_get_function_sqlbody(p.oid)')})) AS value
    FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_language l ON l.oid = p.prolang
    WHERE p.oid >= ${firstUserOid} AND ${notOfExtension('pg_proc', 'p.oid')} AND ${userSchemas}`,
};

const aggregates: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'aggregate' AS kind, ${functionName('g.aggfnoid::oid')} AS name,
      jsonb_strip_nulls(jsonb_build_object('aggregateKind', g.aggkind, 'transition', ${functionName('g.aggtransfn::oid')}, 'final', ${functionName('g.aggfinalfn::oid')},
        'combine', ${functionName('g.aggcombinefn::oid')}, 'state', format_type(g.aggtranstype, NULL), 'initial', g.agginitval)) AS value
    FROM pg_aggregate g
    WHERE g.aggfnoid::oid >= ${firstUserOid} AND ${notOfExtension('pg_proc', 'g.aggfnoid::oid')}`,
};

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
        'default', t.typdefault, 'subtype', (SELECT format_type(g.rngsubtype, NULL) FROM pg_range g WHERE g.rngtypid = t.oid),
        'collation', (SELECT l.collname FROM pg_collation l WHERE l.oid = t.typcollation))) AS value
    FROM pg_type t
    JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('d', 'r') AND t.oid >= ${firstUserOid} AND ${userSchemas}`,
};

const operators: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'operator' AS kind, i.identity AS name,
      jsonb_strip_nulls(jsonb_build_object('function', ${functionName('o.oprcode::oid')}, 'merges', o.oprcanmerge, 'hashes', o.oprcanhash,
        'restriction', ${functionName('o.oprrest::oid')}, 'join', ${functionName('o.oprjoin::oid')})) AS value
    FROM pg_operator o
    CROSS JOIN LATERAL pg_identify_object('pg_operator'::regclass, o.oid, 0) i
    WHERE o.oid >= ${firstUserOid} AND ${notOfExtension('pg_operator', 'o.oid')} AND i.identity IS NOT NULL`,
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

const statistics: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'statistics' AS kind, quote_ident(n.nspname) || '.' || quote_ident(s.stxname) AS name,
      jsonb_strip_nulls(jsonb_build_object('definition', pg_get_statisticsobjdef(s.oid), 'target', nullif(s.stxstattarget, -1))) AS value
    FROM pg_statistic_ext s
    JOIN pg_namespace n ON n.oid = s.stxnamespace`,
};

const textSearch: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'text-search-configuration' AS kind, quote_ident(n.nspname) || '.' || quote_ident(c.cfgname) AS name,
      jsonb_build_object('parser', p.prsname, 'mapping', (
        SELECT jsonb_agg(jsonb_build_array(m.maptokentype, m.mapseqno, quote_ident(dn.nspname) || '.' || quote_ident(d.dictname)) ORDER BY m.maptokentype, m.mapseqno)
        FROM pg_ts_config_map m JOIN pg_ts_dict d ON d.oid = m.mapdict JOIN pg_namespace dn ON dn.oid = d.dictnamespace WHERE m.mapcfg = c.oid)) AS value
    FROM pg_ts_config c
    JOIN pg_namespace n ON n.oid = c.cfgnamespace
    JOIN pg_ts_parser p ON p.oid = c.cfgparser
    WHERE c.oid >= ${firstUserOid} AND ${userSchemas}
    UNION ALL
    SELECT 'text-search-dictionary', quote_ident(n.nspname) || '.' || quote_ident(d.dictname),
      jsonb_build_object('template', t.tmplname, 'options', d.dictinitoption)
    FROM pg_ts_dict d
    JOIN pg_namespace n ON n.oid = d.dictnamespace
    JOIN pg_ts_template t ON t.oid = d.dicttemplate
    WHERE d.oid >= ${firstUserOid} AND ${userSchemas}`,
};

const extensions: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'extension' AS kind, e.extname AS name, jsonb_build_object('version', e.extversion, 'schema', n.nspname) AS value
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace`,
};

/** Functions, types and the rest of a schema that is no relation. */
export const codeQueries: readonly InventoryQuery[] = [
  functions,
  aggregates,
  enums,
  types,
  operators,
  casts,
  collations,
  statistics,
  textSearch,
  extensions,
];
