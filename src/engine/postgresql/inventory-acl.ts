import { firstUserOid, relationName, relationWord, userSchemas, type InventoryQuery } from './inventory-query.ts';

/**
 * initdb makes information_schema after it recorded initial privileges, so pg_init_privs has none for it: PUBLIC may use the
 * schema and read all but a few of its relations (backend/catalog/information_schema.sql).
 */
const readByAll = `n.nspname = 'information_schema' AND c.oid < ${firstUserOid} AND c.relname !~ '^_pg_' AND c.relname NOT IN ('sql_parts', 'transforms')`;
const withPublic = (acl: string, owner: string, privilege: string): string =>
  `${acl} || makeaclitem(0, ${owner}, '${privilege}', false)`;

/** Objects with an ACL: word, name, the ACL, what it would be if nobody had touched it, and the key of pg_init_privs. */
const inSchemas = (schemas: string): readonly string[] => [
  `SELECT 'schema', quote_ident(n.nspname), n.nspacl,
     CASE n.nspname WHEN 'information_schema' THEN ${withPublic("acldefault('n', n.nspowner)", 'n.nspowner', 'USAGE')} ELSE acldefault('n', n.nspowner) END, 'pg_namespace'::regclass::oid, n.oid, 0
     FROM pg_namespace n WHERE ${schemas}`,
  `SELECT ${relationWord}, ${relationName}, c.relacl,
     CASE WHEN ${readByAll} THEN ${withPublic("acldefault('r', c.relowner)", 'c.relowner', 'SELECT')}
       ELSE acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner) END, 'pg_class'::regclass::oid, c.oid, 0
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relacl IS NOT NULL AND c.relkind IN ('r','p','v','m','f','S') AND ${schemas}`,
  `SELECT 'column', ${relationName} || '.' || quote_ident(a.attname), a.attacl, '{}'::aclitem[], 'pg_class'::regclass::oid, c.oid, a.attnum
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND ${schemas}`,
  `SELECT CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,
     quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')',
     p.proacl, acldefault('f', p.proowner), 'pg_proc'::regclass::oid, p.oid, 0
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.proacl IS NOT NULL AND ${schemas}`,
  `SELECT CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END, quote_ident(n.nspname) || '.' || quote_ident(t.typname),
     t.typacl, acldefault('T', t.typowner), 'pg_type'::regclass::oid, t.oid, 0
     FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typacl IS NOT NULL AND ${schemas}`,
];

const languages = `SELECT 'language', quote_ident(lanname), lanacl, acldefault('l', lanowner), 'pg_language'::regclass::oid, oid, 0 FROM pg_language WHERE lanacl IS NOT NULL`;

const outsideSchemas: readonly string[] = [
  `SELECT 'this', 'database', datacl, acldefault('d', datdba), 0::oid, 0::oid, 0 FROM pg_database WHERE datname = current_database()`,
  languages,
  `SELECT 'foreign-data wrapper', quote_ident(fdwname), fdwacl, acldefault('F', fdwowner), 'pg_foreign_data_wrapper'::regclass::oid, oid, 0
     FROM pg_foreign_data_wrapper WHERE fdwacl IS NOT NULL`,
  `SELECT 'foreign server', quote_ident(srvname), srvacl, acldefault('S', srvowner), 'pg_foreign_server'::regclass::oid, oid, 0
     FROM pg_foreign_server WHERE srvacl IS NOT NULL`,
  `SELECT 'large object', oid::text, lomacl, acldefault('L', lomowner), 'pg_largeobject'::regclass::oid, oid, 0
     FROM pg_largeobject_metadata WHERE lomacl IS NOT NULL`,
];

/**
 * One fact per object whose privileges are not what they would be untouched: the default of its kind and owner
 * (`acldefault`), or what initdb or its extension's script set (pg_init_privs). `NULL` and the spelled-out default are the
 * same thing, and a dump restores one as the other. An object without a fact therefore has exactly its defaults.
 */
const aclsOf = (sources: readonly string[]): string => `
    WITH object(word, name, acl, fallback, classoid, objoid, objsubid) AS (${sources.join('\n    UNION ALL ')}),
    touched AS (
      SELECT o.word, o.name, coalesce(o.acl, o.fallback) AS acl
      FROM object o
      LEFT JOIN pg_init_privs i ON i.classoid = o.classoid AND i.objoid = o.objoid AND i.objsubid = o.objsubid
      WHERE o.acl IS NOT NULL
        AND NOT (o.acl @> coalesce(i.initprivs, o.fallback) AND coalesce(i.initprivs, o.fallback) @> o.acl)
        OR o.acl IS NULL AND i.initprivs IS NOT NULL AND NOT (o.fallback @> i.initprivs AND i.initprivs @> o.fallback))
    SELECT 'acl' AS kind, t.word || ' ' || t.name AS name,
      jsonb_build_object('items', coalesce(jsonb_agg(
        jsonb_build_object('grantee', ge.rolname, 'privilege', x.privilege_type, 'grantable', x.is_grantable, 'grantor', gr.rolname)
        ORDER BY ge.rolname COLLATE "C" NULLS FIRST, x.privilege_type, gr.rolname COLLATE "C") FILTER (WHERE x.privilege_type IS NOT NULL), '[]')) AS value
    FROM touched t
    LEFT JOIN LATERAL aclexplode(t.acl) x ON true
    LEFT JOIN pg_roles ge ON ge.oid = x.grantee
    LEFT JOIN pg_roles gr ON gr.oid = x.grantor
    GROUP BY t.word, t.name`;

const acls: InventoryQuery = { access: true, sql: () => aclsOf([...inSchemas(userSchemas), ...outsideSchemas]) };

/**
 * The same facts of what pg_dump leaves out: information_schema, and languages without a handler (`getProcLangs` in
 * pg_dump.c).
 */
export const standardAcls = aclsOf([...inSchemas("n.nspname = 'information_schema'"), `${languages} AND NOT lanispl`]);

const defaultAcls: InventoryQuery = {
  access: true,
  sql: () => `
    SELECT 'default-acl' AS kind,
      CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types'
        WHEN 'n' THEN 'schemas' WHEN 'L' THEN 'large objects' END || ' of ' || quote_ident(r.rolname)
        || coalesce(' in schema ' || quote_ident(n.nspname), '') AS name,
      jsonb_build_object('role', r.rolname, 'schema', n.nspname,
        'items', coalesce((
          SELECT jsonb_agg(
            jsonb_build_object('grantee', ge.rolname, 'privilege', x.privilege_type, 'grantable', x.is_grantable, 'grantor', gr.rolname)
            ORDER BY ge.rolname COLLATE "C" NULLS FIRST, x.privilege_type, gr.rolname COLLATE "C")
          FROM aclexplode(d.defaclacl) x
          LEFT JOIN pg_roles ge ON ge.oid = x.grantee LEFT JOIN pg_roles gr ON gr.oid = x.grantor), '[]')) AS value
    FROM pg_default_acl d
    LEFT JOIN pg_roles r ON r.oid = d.defaclrole
    LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace`,
};

/** Who may do what, where it is not the default. */
export const aclQueries: readonly InventoryQuery[] = [acls, defaultAcls];
