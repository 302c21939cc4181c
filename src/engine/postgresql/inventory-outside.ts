import { firstUserOid, functionName, optionsObject, relationName, type InventoryQuery } from './inventory-query.ts';

const servers: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'foreign-data-wrapper' AS kind, w.fdwname AS name,
      jsonb_strip_nulls(jsonb_build_object('handler', ${functionName('w.fdwhandler')}, 'validator', ${functionName('w.fdwvalidator')}, 'options', ${optionsObject('w.fdwoptions')})) AS value
    FROM pg_foreign_data_wrapper w WHERE w.oid >= ${firstUserOid}
    UNION ALL
    SELECT 'foreign-server', s.srvname,
      jsonb_strip_nulls(jsonb_build_object('wrapper', w.fdwname, 'type', s.srvtype, 'version', s.srvversion, 'options', ${optionsObject('s.srvoptions')}))
    FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw`,
};

/** The view shows options only to who may use them; pg_user_mapping itself is closed to all but superusers. */
const userMappings: InventoryQuery = {
  access: true,
  sql: () => `
    SELECT 'user-mapping' AS kind, CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE coalesce(quote_ident(r.rolname), '?') END || ' on ' || quote_ident(m.srvname) AS name,
      jsonb_build_object('role', r.rolname, 'server', m.srvname, 'options', ${optionsObject('m.umoptions')}) AS value
    FROM pg_user_mappings m
    LEFT JOIN pg_roles r ON r.oid = m.umuser`,
};

const publications: InventoryQuery = {
  access: false,
  sql: ({ version }) => `
    SELECT 'publication' AS kind, p.pubname AS name,
      jsonb_build_object('allTables', p.puballtables, 'insert', p.pubinsert, 'update', p.pubupdate, 'delete', p.pubdelete, 'truncate', p.pubtruncate,
        'viaRoot', p.pubviaroot,
        'tables', (SELECT jsonb_object_agg(${relationName}, jsonb_strip_nulls(jsonb_build_object(
            'where', pg_get_expr(r.prqual, r.prrelid),
            'columns', (SELECT jsonb_agg(a.attname ORDER BY a.attname COLLATE "C") FROM pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)))))
          FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE r.prpubid = p.oid),
        'schemas', (SELECT jsonb_agg(n.nspname ORDER BY n.nspname COLLATE "C") FROM pg_publication_namespace s JOIN pg_namespace n ON n.oid = s.pnnspid WHERE s.pnpubid = p.oid))
      ${version >= 180000 ? "|| jsonb_build_object('generatedColumns', p.pubgencols)" : ''} AS value
    FROM pg_publication p`,
};

const subscriptions: InventoryQuery = {
  access: false,
  sql: ({ version, connectionStrings }) => `
    SELECT 'subscription' AS kind, s.subname AS name,
      jsonb_build_object('enabled', s.subenabled, 'binary', s.subbinary, 'stream', s.substream, 'twoPhase', s.subtwophasestate, 'disableOnError', s.subdisableonerr,
        'slot', s.subslotname, 'synchronousCommit', s.subsynccommit, 'publications', to_jsonb(s.subpublications))
      ${connectionStrings ? "|| jsonb_build_object('connection', s.subconninfo)" : ''}
      ${version >= 160000 ? "|| jsonb_build_object('passwordRequired', s.subpasswordrequired, 'runAsOwner', s.subrunasowner, 'origin', s.suborigin)" : ''}
      ${version >= 170000 ? "|| jsonb_build_object('failover', s.subfailover)" : ''} AS value
    FROM pg_subscription s
    WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
};

const eventTriggers: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'event-trigger' AS kind, e.evtname AS name,
      jsonb_build_object('event', e.evtevent, 'function', ${functionName('e.evtfoid')}, 'tags', to_jsonb(e.evttags), 'enabled', e.evtenabled) AS value
    FROM pg_event_trigger e`,
};

/**
 * Length and a digest that two servers agree on whatever the page layout: pages without their trailing zeros, in order,
 * empty ones left out. A sparse object is restored with its holes written as zeros. sha256 per page keeps the
 * concatenation far from the limit of one gigabyte.
 */
const largeObjects: InventoryQuery = {
  access: false,
  sql: ({ largeObjects: readable }) => `
    SELECT 'large-object' AS kind, m.oid::text AS name,
      jsonb_build_object('owner', r.rolname,
        'comment', (SELECT description FROM pg_description s WHERE s.classoid = 'pg_largeobject'::regclass AND s.objoid = m.oid),
        'securityLabels', (SELECT jsonb_object_agg(provider, label) FROM pg_seclabel s WHERE s.classoid = 'pg_largeobject'::regclass AND s.objoid = m.oid))
      ${readable ? "|| jsonb_build_object('bytes', coalesce(l.bytes, 0), 'sha256', l.sha256)" : ''} AS value
    FROM pg_largeobject_metadata m
    LEFT JOIN pg_roles r ON r.oid = m.lomowner
    ${
      readable
        ? `LEFT JOIN (
      SELECT loid, max(pageno::bigint * (current_setting('block_size')::int / 4) + length(data)) AS bytes,
        encode(sha256(string_agg(int4send(pageno) || sha256(rtrim(data, '\\x00'::bytea)), ''::bytea ORDER BY pageno)
          FILTER (WHERE rtrim(data, '\\x00'::bytea) <> ''::bytea)), 'hex') AS sha256
      FROM pg_largeobject GROUP BY loid) l ON l.loid = m.oid`
        : ''
    }`,
};

/** What reaches outside the tables: foreign servers, replication, event triggers, large objects. */
export const outsideQueries: readonly InventoryQuery[] = [
  servers,
  userMappings,
  publications,
  subscriptions,
  eventTriggers,
  largeObjects,
];
