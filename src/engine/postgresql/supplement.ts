import { quoteIdentifier } from './quote.ts';
import { preamble, script } from './script.ts';
import type { Session } from './session.ts';

/**
 * What must be done after the data and what pg_dump cannot carry: the owners of objects that belong to an extension. The
 * extension's script makes them anew, owned by whoever restores. Runs in the caller's transaction; gives plain SQL for a
 * superuser, to be run in the restored database. Runs twice without error.
 */
export async function supplementSql(session: Session, bootstrap: string): Promise<string> {
  const members = await session.query<{ type: string; identity: string; owner: string }>(membersSql);
  const out = script(bootstrap);
  out.remark('What follows the data in one Holdfast backup. Run as a superuser, in the restored database.');
  for (const statement of preamble) out.add(statement);
  for (const { type, identity, owner } of members) {
    const keyword = keywords[type];
    if (keyword !== undefined) out.add(`ALTER ${keyword} ${identity} OWNER TO ${quoteIdentifier(owner)}`);
  }
  return out.text();
}

/** Types as pg_identify_object names them, to what ALTER calls them. Their identity has the syntax that ALTER takes. */
const keywords: Readonly<Record<string, string>> = {
  table: 'TABLE',
  view: 'VIEW',
  'materialized view': 'MATERIALIZED VIEW',
  sequence: 'SEQUENCE',
  'foreign table': 'FOREIGN TABLE',
  function: 'FUNCTION',
  procedure: 'PROCEDURE',
  aggregate: 'AGGREGATE',
  type: 'TYPE',
  operator: 'OPERATOR',
  'operator class': 'OPERATOR CLASS',
  'operator family': 'OPERATOR FAMILY',
  collation: 'COLLATION',
  conversion: 'CONVERSION',
  language: 'LANGUAGE',
  schema: 'SCHEMA',
  'foreign-data wrapper': 'FOREIGN DATA WRAPPER',
  server: 'SERVER',
  'text search configuration': 'TEXT SEARCH CONFIGURATION',
  'text search dictionary': 'TEXT SEARCH DICTIONARY',
  'event trigger': 'EVENT TRIGGER',
  'statistics object': 'STATISTICS',
};

/** Members whose owner is not the bootstrap superuser. Row and array types follow their table or element type. */
const membersSql = `
  WITH object(classid, objid, owner) AS (
    SELECT 'pg_class'::regclass, oid, relowner FROM pg_class WHERE relkind IN ('r','p','v','m','S','f')
    UNION ALL SELECT 'pg_proc'::regclass, oid, proowner FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid, typowner FROM pg_type WHERE typcategory <> 'A' AND typrelid = 0
    UNION ALL SELECT 'pg_namespace'::regclass, oid, nspowner FROM pg_namespace
    UNION ALL SELECT 'pg_operator'::regclass, oid, oprowner FROM pg_operator
    UNION ALL SELECT 'pg_opclass'::regclass, oid, opcowner FROM pg_opclass
    UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfowner FROM pg_opfamily
    UNION ALL SELECT 'pg_collation'::regclass, oid, collowner FROM pg_collation
    UNION ALL SELECT 'pg_conversion'::regclass, oid, conowner FROM pg_conversion
    UNION ALL SELECT 'pg_language'::regclass, oid, lanowner FROM pg_language
    UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, fdwowner FROM pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_foreign_server'::regclass, oid, srvowner FROM pg_foreign_server
    UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgowner FROM pg_ts_config
    UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictowner FROM pg_ts_dict
    UNION ALL SELECT 'pg_event_trigger'::regclass, oid, evtowner FROM pg_event_trigger
    UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxowner FROM pg_statistic_ext)
  SELECT i.type, i.identity, r.rolname AS owner
  FROM object o
  JOIN pg_depend d ON d.classid = o.classid AND d.objid = o.objid AND d.objsubid = 0 AND d.deptype = 'e'
  JOIN pg_roles r ON r.oid = o.owner
  CROSS JOIN LATERAL pg_identify_object(o.classid, o.objid, 0) i
  WHERE o.owner <> 10
  ORDER BY i.type COLLATE "C", i.identity COLLATE "C"`;
