import {
  extensionOf,
  firstUserOid,
  relationName,
  relationWord,
  userSchemas,
  type InventoryQuery,
} from './inventory-query.ts';

const labels = (catalog: string, oid: string): string =>
  `(SELECT jsonb_object_agg(provider, label) FROM pg_seclabel s WHERE s.classoid = '${catalog}'::regclass AND s.objoid = ${oid} AND s.objsubid = 0)`;
const comment = (catalog: string, oid: string): string =>
  `(SELECT description FROM pg_description s WHERE s.classoid = '${catalog}'::regclass AND s.objoid = ${oid} AND s.objsubid = 0)`;

/**
 * The bootstrap role owns what an extension's script makes, or else whoever installs it. Which of the two is up to the
 * target, so as the owner of such an object it is not stated; every other owner is, and the supplement sets it.
 */
const ownerUnlessDefault = (owner: string, extension: string): string =>
  `CASE WHEN ${owner} = 10 AND ${extension} IS NOT NULL THEN NULL ELSE r.rolname END`;

/** Relations have their names from the raw catalogs: there are many, and `pg_identify_object` reads newer state. */
const relations: InventoryQuery = {
  access: true,
  sql: () => `
    SELECT 'object' AS kind, ${relationWord} || ' ' || ${relationName} AS name,
      jsonb_strip_nulls(jsonb_build_object('owner', ${ownerUnlessDefault('c.relowner', extensionOf('pg_class', 'c.oid'))}, 'extension', ${extensionOf('pg_class', 'c.oid')},
        'comment', ${comment('pg_class', 'c.oid')}, 'securityLabels', ${labels('pg_class', 'c.oid')})) AS value
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_roles r ON r.oid = c.relowner
    WHERE c.oid >= ${firstUserOid} AND c.relkind IN ('r','p','v','m','f','S') AND ${userSchemas}`,
};

const owned: readonly { readonly catalog: string; readonly owner: string; readonly where?: string }[] = [
  { catalog: 'pg_namespace', owner: 'nspowner', where: "nspname !~ '^pg_(toast|temp)'" },
  { catalog: 'pg_proc', owner: 'proowner' },
  // Array types and the row types of tables come and go with what they belong to.
  {
    catalog: 'pg_type',
    owner: 'typowner',
    where:
      "typcategory <> 'A' AND (typrelid = 0 OR EXISTS (SELECT FROM pg_class c WHERE c.oid = typrelid AND c.relkind = 'c'))",
  },
  { catalog: 'pg_operator', owner: 'oprowner' },
  { catalog: 'pg_opclass', owner: 'opcowner' },
  { catalog: 'pg_opfamily', owner: 'opfowner' },
  { catalog: 'pg_collation', owner: 'collowner' },
  { catalog: 'pg_conversion', owner: 'conowner' },
  { catalog: 'pg_language', owner: 'lanowner' },
  { catalog: 'pg_ts_config', owner: 'cfgowner' },
  { catalog: 'pg_ts_dict', owner: 'dictowner' },
  { catalog: 'pg_ts_parser', owner: '0::oid' },
  { catalog: 'pg_ts_template', owner: '0::oid' },
  { catalog: 'pg_foreign_data_wrapper', owner: 'fdwowner' },
  { catalog: 'pg_foreign_server', owner: 'srvowner' },
  { catalog: 'pg_event_trigger', owner: 'evtowner' },
  { catalog: 'pg_publication', owner: 'pubowner' },
  { catalog: 'pg_statistic_ext', owner: 'stxowner' },
  { catalog: 'pg_extension', owner: 'extowner' },
  { catalog: 'pg_cast', owner: '0::oid' },
  { catalog: 'pg_am', owner: '0::oid' },
  { catalog: 'pg_transform', owner: '0::oid' },
];

const others: InventoryQuery = {
  access: true,
  sql: () => `
    WITH object(catalog, oid, owner, extension, comment, labels) AS (
      ${owned
        .map(
          ({
            catalog,
            owner,
            where,
          }) => `SELECT '${catalog}'::regclass::oid, t.oid, ${owner}, ${extensionOf(catalog, 't.oid')}, ${comment(catalog, 't.oid')}, ${labels(catalog, 't.oid')}
        FROM ${catalog} t WHERE t.oid >= ${firstUserOid}${where === undefined ? '' : ` AND ${where}`}`,
        )
        .join('\n      UNION ALL ')}
      UNION ALL SELECT 'pg_namespace'::regclass::oid, oid, nspowner, null, ${comment('pg_namespace', 'oid')}, ${labels('pg_namespace', 'oid')} FROM pg_namespace WHERE nspname = 'public' AND oid < ${firstUserOid}
      UNION ALL SELECT 'pg_subscription'::regclass::oid, oid, subowner, null, ${comment('pg_subscription', 'oid')},
          (SELECT jsonb_object_agg(provider, label) FROM pg_shseclabel s WHERE s.classoid = 'pg_subscription'::regclass AND s.objoid = pg_subscription.oid)
        FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()))
    SELECT 'object' AS kind, coalesce(i.type || ' ' || i.identity, o.catalog::regclass::text || ' ' || o.oid) AS name,
      jsonb_strip_nulls(jsonb_build_object('owner', ${ownerUnlessDefault('o.owner', 'o.extension')}, 'extension', o.extension, 'comment', o.comment, 'securityLabels', o.labels)) AS value
    FROM object o
    CROSS JOIN LATERAL pg_identify_object(o.catalog, o.oid, 0) i
    LEFT JOIN pg_roles r ON r.oid = o.owner
    WHERE coalesce(i.schema, '') !~ '^pg_(toast|temp)'`,
};

/** What initdb made and people change all the same: languages, extensions and schemas. Its own owner is not stated. */
const initial: InventoryQuery = {
  access: true,
  sql: () => `
    WITH object(word, name, catalog, oid, owner, comment, labels) AS (
      SELECT 'language', lanname, 'pg_language'::regclass, oid, lanowner, ${comment('pg_language', 't.oid')}, ${labels('pg_language', 't.oid')} FROM pg_language t
      UNION ALL SELECT 'extension', extname, 'pg_extension'::regclass, oid, extowner, ${comment('pg_extension', 't.oid')}, ${labels('pg_extension', 't.oid')} FROM pg_extension t
      UNION ALL SELECT 'schema', nspname, 'pg_namespace'::regclass, oid, nspowner, ${comment('pg_namespace', 't.oid')}, ${labels('pg_namespace', 't.oid')}
        FROM pg_namespace t WHERE nspname IN ('pg_catalog', 'information_schema'))
    SELECT 'object' AS kind, o.word || ' ' || quote_ident(o.name) AS name,
      jsonb_strip_nulls(jsonb_build_object('owner', CASE WHEN o.owner <> 10 THEN r.rolname END, 'comment', o.comment, 'securityLabels', o.labels)) AS value
    FROM object o
    LEFT JOIN pg_roles r ON r.oid = o.owner
    WHERE o.oid < ${firstUserOid}`,
};

/**
 * Every object that a user made exists, with its owner, comment, security labels and the extension it belongs to: also
 * those kinds whose definition no other query reads.
 */
export const objectQueries: readonly InventoryQuery[] = [relations, others, initial];
