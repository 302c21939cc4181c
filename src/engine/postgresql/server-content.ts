import type { ServerAccess } from '../server-access.ts';
import { openSession, type Session } from './session.ts';

/** Some names of what is on a server beyond what initdb makes and the login itself; empty where there is nothing. */
export async function serverContent(server: ServerAccess, session: Session): Promise<readonly string[]> {
  const found = await session.query<{ what: string }>(sharedContent, [server.maintenanceDatabase]);
  const content = found.map(({ what }) => what);
  const databases = await session.query<{ name: string }>(
    "SELECT datname AS name FROM pg_database WHERE datallowconn AND datname NOT IN ('template0', 'template1')",
  );
  for (const { name } of databases) {
    if (content.length >= few) break;
    await using other = await openSession(server, name);
    content.push(...(await databaseContent(other)).map((object) => `${object} in database ${name}`));
  }
  return content.slice(0, few);
}

const few = 5;

/**
 * Some names of what users made in the database of this session; empty where it is as initdb left it. Whatever has an OID is
 * in some catalog with a column `oid`, and what initdb makes is below 16384 (FirstNormalObjectId in transam.h); the OID of
 * a large object is whatever its maker wished. What sessions make for themselves (`pg_temp_3`) is nobody's.
 */
export async function databaseContent(session: Session): Promise<readonly string[]> {
  const catalogs = await session.query<{ id: string; name: string }>(`
    SELECT c.oid AS id, c.relname AS name
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'oid' AND a.attnum > 0
    WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND NOT c.relisshared
      AND has_column_privilege(c.oid, a.attnum, 'SELECT')
    ORDER BY c.relname <> 'pg_class', c.relname`);
  const questions = catalogs.map(({ id, name }) =>
    `(SELECT ${name in described ? described[name] : `'${name} ' || o.oid`} AS name FROM pg_catalog.${name} o
        WHERE ${name === 'pg_largeobject_metadata' ? 'true' : 'o.oid >= 16384'} ${passing[name] ?? ''} LIMIT ${few})`.replaceAll(
      '$id',
      id,
    ),
  );
  const rows = await session.query<{ name: string }>(`${questions.join('\nUNION ALL ')} LIMIT ${few}`);
  return rows.map(({ name }) => name);
}

/** How objects of a catalog are called, where its name and an OID would say little. */
const described: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'pg_class',
    'pg_type',
    'pg_proc',
    'pg_namespace',
    'pg_extension',
    'pg_foreign_data_wrapper',
    'pg_foreign_server',
    'pg_user_mapping',
    'pg_publication',
    'pg_event_trigger',
    'pg_ts_config',
    'pg_ts_dict',
    'pg_language',
    'pg_cast',
    'pg_operator',
    'pg_collation',
    'pg_largeobject_metadata',
  ].map((name) => [
    name,
    name === 'pg_largeobject_metadata' ? "'large object ' || o.oid" : 'pg_describe_object($id, o.oid, 0)',
  ]),
);

const own = "(SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_(toast_)?temp_[0-9]+$')";
const passing: Readonly<Record<string, string>> = {
  pg_namespace: "AND o.nspname !~ '^pg_(toast_)?temp_[0-9]+$'",
  pg_class: `AND o.relnamespace NOT IN ${own}`,
  pg_type: `AND o.typnamespace NOT IN ${own}`,
};

/** $1 is the maintenance database, which may be one of its own and is looked into like any other. */
const sharedContent = `
  SELECT 'database ' || quote_ident(datname) AS what FROM pg_database WHERE oid >= 16384 AND datname NOT IN ('postgres', 'template1', $1)
  UNION ALL SELECT 'role ' || quote_ident(rolname) FROM pg_roles WHERE oid >= 16384 AND rolname <> session_user
  UNION ALL SELECT 'tablespace ' || quote_ident(spcname) FROM pg_tablespace WHERE oid >= 16384
  UNION ALL SELECT 'replication slot ' || slot_name FROM pg_replication_slots WHERE NOT temporary
  UNION ALL SELECT 'subscription ' || quote_ident(subname) FROM pg_subscription
  UNION ALL SELECT 'setting of ' || coalesce('role ' || quote_ident(r.rolname), 'all roles') || coalesce(' in database ' || quote_ident(d.datname), '')
    FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
  UNION ALL SELECT 'privileges on parameter ' || parname FROM pg_parameter_acl
  LIMIT ${few}`;
