import { firstUserOid, optionsObject, type InventoryQuery } from './inventory-query.ts';

/** Role names of a fact may be hostile: they are data here and quoted only where text is made of them. */
const roles: InventoryQuery = {
  access: true,
  sql: ({ verifiers }) => `
    SELECT 'role' AS kind, a.rolname AS name,
      jsonb_build_object(
        'superuser', a.rolsuper, 'inherit', a.rolinherit, 'createRole', a.rolcreaterole, 'createDatabase', a.rolcreatedb,
        'login', a.rolcanlogin, 'replication', a.rolreplication, 'bypassRowSecurity', a.rolbypassrls,
        'connectionLimit', a.rolconnlimit, 'validUntil', a.rolvaliduntil::text,
        'comment', (SELECT description FROM pg_shdescription WHERE classoid = 'pg_authid'::regclass AND objoid = a.oid),
        'securityLabels', (SELECT jsonb_object_agg(provider, label) FROM pg_shseclabel WHERE classoid = 'pg_authid'::regclass AND objoid = a.oid))
      ${verifiers ? "|| jsonb_build_object('password', a.rolpassword)" : ''}
      || CASE WHEN a.oid = 10 THEN '{"bootstrap": true}'::jsonb ELSE '{}'::jsonb END AS value
    FROM ${verifiers ? 'pg_authid' : 'pg_roles'} a
    WHERE a.oid = 10 OR a.oid >= ${firstUserOid}`,
};

/**
 * Before 16 a membership has one row and its grantor means nothing; from 16 on each grantor has a row and its own options
 * (release notes of 16, "Privileges"). Memberships among predefined roles come with initdb.
 */
const memberships: InventoryQuery = {
  access: true,
  sql: ({ version }) => `
    SELECT 'membership' AS kind,
      quote_ident(r.rolname) || ' to ' || quote_ident(m.rolname) || ${version >= 160000 ? "' by ' || coalesce(quote_ident(g.rolname), '?')" : "''"} AS name,
      jsonb_build_object('role', r.rolname, 'member', m.rolname, 'grantor', g.rolname, 'admin', am.admin_option)
      ${version >= 160000 ? "|| jsonb_build_object('inherit', am.inherit_option, 'set', am.set_option)" : ''} AS value
    FROM pg_auth_members am
    JOIN pg_roles r ON r.oid = am.roleid
    JOIN pg_roles m ON m.oid = am.member
    LEFT JOIN pg_roles g ON g.oid = am.grantor
    WHERE am.roleid >= ${firstUserOid} OR am.member >= ${firstUserOid}`,
};

/** `ALTER ROLE ALL IN DATABASE` and `ALTER DATABASE … SET` are the same row. Settings of other databases are not ours. */
const settings: InventoryQuery = {
  access: true,
  sql: () => `
    SELECT 'setting' AS kind,
      CASE WHEN s.setrole = 0 AND s.setdatabase = 0 THEN 'all roles' WHEN s.setrole = 0 THEN 'this database'
        ELSE 'role ' || quote_ident(r.rolname) || CASE WHEN s.setdatabase = 0 THEN '' ELSE ' in this database' END END AS name,
      jsonb_build_object(
        'role', r.rolname,
        'inDatabase', s.setdatabase <> 0,
        'settings', ${optionsObject('s.setconfig')})
      || CASE WHEN s.setrole = 10 THEN '{"bootstrapRole": true}'::jsonb ELSE '{}'::jsonb END AS value
    FROM pg_db_role_setting s
    LEFT JOIN pg_roles r ON r.oid = s.setrole
    LEFT JOIN pg_database d ON d.oid = s.setdatabase
    WHERE (s.setdatabase = 0 OR d.datname = current_database()) AND (s.setrole = 0 OR r.oid IS NOT NULL)`,
};

/** Without the bootstrap role's own items, which are the default. */
const parameters: InventoryQuery = {
  access: true,
  sql: () => `
    SELECT 'parameter-acl' AS kind, p.parname AS name,
      jsonb_build_object('items', jsonb_agg(
        jsonb_build_object('grantee', ge.rolname, 'privilege', x.privilege_type, 'grantable', x.is_grantable, 'grantor', gr.rolname)
        ORDER BY ge.rolname COLLATE "C" NULLS FIRST, x.privilege_type, gr.rolname COLLATE "C")) AS value
    FROM pg_parameter_acl p
    CROSS JOIN LATERAL aclexplode(p.paracl) x
    LEFT JOIN pg_roles ge ON ge.oid = x.grantee
    LEFT JOIN pg_roles gr ON gr.oid = x.grantor
    WHERE x.grantee <> 10
    GROUP BY p.parname`,
};

/** Those that this database uses, as a whole or for single relations. */
const tablespaces: InventoryQuery = {
  access: true,
  sql: () => `
    SELECT 'tablespace' AS kind, t.spcname AS name,
      jsonb_build_object(
        'owner', r.rolname, 'options', ${optionsObject('t.spcoptions')}, 'location', pg_tablespace_location(t.oid),
        'comment', (SELECT description FROM pg_shdescription WHERE classoid = 'pg_tablespace'::regclass AND objoid = t.oid),
        'securityLabels', (SELECT jsonb_object_agg(provider, label) FROM pg_shseclabel WHERE classoid = 'pg_tablespace'::regclass AND objoid = t.oid),
        'items', coalesce((
          SELECT jsonb_agg(
            jsonb_build_object('grantee', ge.rolname, 'privilege', x.privilege_type, 'grantable', x.is_grantable, 'grantor', gr.rolname)
            ORDER BY ge.rolname COLLATE "C" NULLS FIRST, x.privilege_type, gr.rolname COLLATE "C")
          FROM aclexplode(coalesce(t.spcacl, acldefault('t', t.spcowner))) x
          LEFT JOIN pg_roles ge ON ge.oid = x.grantee LEFT JOIN pg_roles gr ON gr.oid = x.grantor), '[]')) AS value
    FROM pg_tablespace t
    LEFT JOIN pg_roles r ON r.oid = t.spcowner
    WHERE t.spcname NOT IN ('pg_default', 'pg_global')
      AND (t.oid IN (SELECT reltablespace FROM pg_class) OR t.oid = (SELECT dattablespace FROM pg_database WHERE datname = current_database()))`,
};

/** The version of a collation provider belongs to the machine, not to the database, so it is left out. */
const database: InventoryQuery = {
  access: true,
  sql: ({ version }) => `
    SELECT 'database' AS kind, 'this database' AS name,
      jsonb_build_object(
        'owner', r.rolname, 'encoding', pg_encoding_to_char(d.encoding),
        'provider', CASE d.datlocprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' END,
        'collate', d.datcollate, 'ctype', d.datctype, 'locale', ${version >= 170000 ? 'd.datlocale' : 'd.daticulocale'},
        'icuRules', ${version >= 160000 ? 'd.daticurules' : 'null::text'},
        'isTemplate', d.datistemplate, 'allowConnections', d.datallowconn, 'connectionLimit', d.datconnlimit,
        'tablespace', t.spcname,
        'comment', (SELECT description FROM pg_shdescription WHERE classoid = 'pg_database'::regclass AND objoid = d.oid),
        'securityLabels', (SELECT jsonb_object_agg(provider, label) FROM pg_shseclabel WHERE classoid = 'pg_database'::regclass AND objoid = d.oid)) AS value
    FROM pg_database d
    LEFT JOIN pg_roles r ON r.oid = d.datdba
    JOIN pg_tablespace t ON t.oid = d.dattablespace
    WHERE d.datname = current_database()`,
};

/** What concerns the whole server but belongs to a backup of one database. */
export const roleQueries: readonly InventoryQuery[] = [database, roles, memberships, settings, parameters, tablespaces];
