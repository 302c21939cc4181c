import { firstUserOid, functionName, userSchemas, type InventoryQuery } from './inventory-query.ts';

const configurations: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'text-search-configuration' AS kind, quote_ident(n.nspname) || '.' || quote_ident(c.cfgname) AS name,
      jsonb_build_object('parser', quote_ident(pn.nspname) || '.' || quote_ident(p.prsname), 'mapping', (
        SELECT jsonb_agg(jsonb_build_array(m.maptokentype, m.mapseqno, quote_ident(dn.nspname) || '.' || quote_ident(d.dictname)) ORDER BY m.maptokentype, m.mapseqno)
        FROM pg_ts_config_map m JOIN pg_ts_dict d ON d.oid = m.mapdict JOIN pg_namespace dn ON dn.oid = d.dictnamespace WHERE m.mapcfg = c.oid)) AS value
    FROM pg_ts_config c
    JOIN pg_namespace n ON n.oid = c.cfgnamespace
    JOIN pg_ts_parser p ON p.oid = c.cfgparser
    JOIN pg_namespace pn ON pn.oid = p.prsnamespace
    WHERE c.oid >= ${firstUserOid} AND ${userSchemas}
    UNION ALL
    SELECT 'text-search-dictionary', quote_ident(n.nspname) || '.' || quote_ident(d.dictname),
      jsonb_build_object('template', quote_ident(tn.nspname) || '.' || quote_ident(t.tmplname), 'options', d.dictinitoption)
    FROM pg_ts_dict d
    JOIN pg_namespace n ON n.oid = d.dictnamespace
    JOIN pg_ts_template t ON t.oid = d.dicttemplate
    JOIN pg_namespace tn ON tn.oid = t.tmplnamespace
    WHERE d.oid >= ${firstUserOid} AND ${userSchemas}`,
};

const parsers: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'text-search-parser' AS kind, quote_ident(n.nspname) || '.' || quote_ident(p.prsname) AS name,
      jsonb_strip_nulls(jsonb_build_object('start', ${functionName('p.prsstart::oid')}, 'token', ${functionName('p.prstoken::oid')},
        'end', ${functionName('p.prsend::oid')}, 'headline', ${functionName('p.prsheadline::oid')}, 'types', ${functionName('p.prslextype::oid')})) AS value
    FROM pg_ts_parser p
    JOIN pg_namespace n ON n.oid = p.prsnamespace
    WHERE p.oid >= ${firstUserOid} AND ${userSchemas}
    UNION ALL
    SELECT 'text-search-template', quote_ident(n.nspname) || '.' || quote_ident(t.tmplname),
      jsonb_strip_nulls(jsonb_build_object('init', ${functionName('t.tmplinit::oid')}, 'lexize', ${functionName('t.tmpllexize::oid')}))
    FROM pg_ts_template t
    JOIN pg_namespace n ON n.oid = t.tmplnamespace
    WHERE t.oid >= ${firstUserOid} AND ${userSchemas}`,
};

export const textSearchQueries: readonly InventoryQuery[] = [configurations, parsers];
