import {
  firstUserOid,
  functionName,
  notOfExtension,
  operatorName,
  optionsObject,
  userSchemas,
  type InventoryQuery,
} from './inventory-query.ts';

/**
 * The server writes a column that is a cast and has no name without one, `'x'::text`, and when it has read that again it
 * writes `'x'::text AS text`: names after casts do not count.
 */
const sqlBody = String.raw`regexp_replace(pg_get_function_sqlbody(p.oid), '(::[^;\n]+?) AS ("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)(?=,?\n|;|\))', '\1', 'g')`;

/** In the database's own encoding, so that no text fails to convert. */
const textDigest = (text: string): string => `encode(sha256(convert_to(${text}, getdatabaseencoding())), 'hex')`;

const functions: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'function' AS kind,
      quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name,
      jsonb_strip_nulls(jsonb_build_object('functionKind', p.prokind, 'language', l.lanname, 'arguments', pg_get_function_arguments(p.oid),
        'result', pg_get_function_result(p.oid), 'securityDefiner', p.prosecdef, 'volatility', p.provolatile, 'parallel', p.proparallel,
        'strict', p.proisstrict, 'leakproof', p.proleakproof, 'cost', p.procost, 'rows', p.prorows, 'settings', ${optionsObject('p.proconfig')},
        'support', ${functionName('p.prosupport')}, 'binary', p.probin,
        'transforms', (SELECT jsonb_agg(format_type(x, NULL) ORDER BY format_type(x, NULL)) FROM unnest(p.protrftypes) x),
        'sourceSha256', ${textDigest('p.prosrc')}, 'bodySha256', ${textDigest(sqlBody)})) AS value
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
        'combine', ${functionName('g.aggcombinefn::oid')}, 'state', format_type(g.aggtranstype, NULL), 'initial', g.agginitval,
        'serialize', ${functionName('g.aggserialfn::oid')}, 'deserialize', ${functionName('g.aggdeserialfn::oid')},
        'finalExtra', g.aggfinalextra, 'finalModify', g.aggfinalmodify, 'stateBytes', g.aggtransspace, 'directArguments', g.aggnumdirectargs,
        'sortOperator', ${operatorName('g.aggsortop')},
        'movingTransition', ${functionName('g.aggmtransfn::oid')}, 'movingInverse', ${functionName('g.aggminvtransfn::oid')},
        'movingFinal', ${functionName('g.aggmfinalfn::oid')}, 'movingFinalExtra', g.aggmfinalextra, 'movingFinalModify', g.aggmfinalmodify,
        'movingState', CASE WHEN g.aggmtranstype <> 0 THEN format_type(g.aggmtranstype, NULL) END, 'movingStateBytes', g.aggmtransspace,
        'movingInitial', g.aggminitval)) AS value
    FROM pg_aggregate g
    WHERE g.aggfnoid::oid >= ${firstUserOid} AND ${notOfExtension('pg_proc', 'g.aggfnoid::oid')}`,
};

/** Keyed as in `CREATE TRANSFORM`. Those of an extension belong to its script, as do its languages below. */
const transforms: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'transform' AS kind, format_type(t.trftype, NULL) || ' in ' || quote_ident(l.lanname) AS name,
      jsonb_strip_nulls(jsonb_build_object('fromSql', ${functionName('t.trffromsql::oid')}, 'toSql', ${functionName('t.trftosql::oid')})) AS value
    FROM pg_transform t
    JOIN pg_language l ON l.oid = t.trflang
    WHERE ${notOfExtension('pg_transform', 't.oid')}`,
};

const languages: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'language' AS kind, l.lanname AS name,
      jsonb_strip_nulls(jsonb_build_object('procedural', l.lanispl, 'trusted', l.lanpltrusted, 'handler', ${functionName('l.lanplcallfoid')},
        'inline', ${functionName('l.laninline')}, 'validator', ${functionName('l.lanvalidator')})) AS value
    FROM pg_language l`,
};

const statistics: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'statistics' AS kind, quote_ident(n.nspname) || '.' || quote_ident(s.stxname) AS name,
      jsonb_strip_nulls(jsonb_build_object('definition', pg_get_statisticsobjdef(s.oid), 'target', nullif(s.stxstattarget, -1))) AS value
    FROM pg_statistic_ext s
    JOIN pg_namespace n ON n.oid = s.stxnamespace`,
};

const extensions: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'extension' AS kind, e.extname AS name, jsonb_build_object('version', e.extversion, 'schema', n.nspname) AS value
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace`,
};

/** Functions, and what belongs to them or to their languages. */
export const codeQueries: readonly InventoryQuery[] = [
  functions,
  aggregates,
  statistics,
  transforms,
  languages,
  extensions,
];
