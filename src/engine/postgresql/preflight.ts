import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Degradation } from '../../manifest/manifest.ts';
import { matchesTable, tablePattern } from './dump-pattern.ts';
import type { Session } from './session.ts';

/** What a dump with this login would lack, and what makes a complete one impossible. Both name objects, never rows. */
export interface Preflight {
  readonly degradations: readonly Degradation[];
  readonly refused: readonly Diagnostic[];
}

interface Findings {
  readonly unusableSchemas: readonly string[];
  readonly unreadable: readonly { readonly schema: string; readonly table: string; readonly kind: string }[];
  readonly rowSecurity: readonly { readonly schema: string; readonly table: string }[];
  readonly hiddenSubscriptions: readonly string[];
  readonly hiddenMappings: readonly string[];
  readonly unreadableLargeObjects: number;
  readonly invalidIndexes: readonly string[];
  readonly foreignTables: readonly string[];
  readonly inSystemSchemas: readonly string[];
  readonly extensionOwners: readonly { readonly name: string; readonly owner: string }[];
  readonly extensionVersions: readonly {
    readonly name: string;
    readonly version: string;
    readonly comesBack: string;
  }[];
}

/**
 * Looks ahead, in the caller's transaction. `excludedTables` are the policy's patterns: what they match need not be readable.
 */
export async function preflight(
  session: Session,
  subject: string,
  excludedTables: readonly string[],
): Promise<Preflight> {
  const [row] = await session.query<{ findings: Findings }>(findingsSql);
  if (row === undefined) throw new TypeError('a query without FROM gave no row');
  const { findings } = row;
  const patterns = excludedTables.map(tablePattern);
  const isWanted = (item: { readonly schema: string; readonly table: string }): boolean =>
    !matchesTable(patterns, item.schema, item.table);
  return { degradations: degradationsOf(findings), refused: refusalsOf(findings, { subject, isWanted }) };
}

function refusalsOf(
  findings: Findings,
  {
    subject,
    isWanted,
  }: {
    readonly subject: string;
    readonly isWanted: (item: { readonly schema: string; readonly table: string }) => boolean;
  },
): readonly Diagnostic[] {
  const refuse = (
    summary: string,
    help: string,
    code: 'capture/refused' | 'capture/row-security' = 'capture/refused',
  ): Diagnostic => ({ severity: 'error', code, summary, help, subject });
  const refused: Diagnostic[] = [];
  const unreadable = findings.unreadable
    .filter(isWanted)
    .map(({ schema, table, kind }) => `${kind} ${schema}.${table}`);
  if (unreadable.length > 0) {
    refused.push(
      refuse(
        `the login may not read ${some(unreadable)}`,
        'Grant SELECT, or make the login a member of pg_read_all_data.',
      ),
    );
  }
  if (findings.unusableSchemas.length > 0) {
    refused.push(
      refuse(
        `the login may not use the schema ${some(findings.unusableSchemas)}`,
        'Grant USAGE, or make the login a member of pg_read_all_data.',
      ),
    );
  }
  const filtered = findings.rowSecurity.filter(isWanted).map(({ schema, table }) => `${schema}.${table}`);
  if (filtered.length > 0) {
    refused.push(
      refuse(
        `row-level security would hide rows of ${some(filtered)} from the login`,
        'Give the login the attribute BYPASSRLS.',
        'capture/row-security',
      ),
    );
  }
  if (findings.unreadableLargeObjects > 0) {
    refused.push(
      refuse(
        `the login may not read ${findings.unreadableLargeObjects} large objects`,
        'Grant SELECT on them, or set lo_compat_privileges for the login. pg_read_all_data does not cover large objects.',
      ),
    );
  }
  return refused;
}

function degradationsOf(findings: Findings): readonly Degradation[] {
  return [
    ...findings.hiddenSubscriptions.map((subject) => ({
      code: 'subscription-hidden' as const,
      subject,
      detail: 'only a superuser can dump a subscription',
    })),
    ...findings.hiddenMappings.map((subject) => ({
      code: 'user-mapping-hidden' as const,
      subject,
      detail: 'the login may not read the options of this user mapping',
    })),
    ...findings.invalidIndexes.map((subject) => ({
      code: 'invalid-index' as const,
      subject,
      detail: 'the index is invalid on the source; pg_dump leaves such indexes out',
    })),
    ...findings.foreignTables.map((subject) => ({
      code: 'foreign-table-data' as const,
      subject,
      detail: 'the rows are on another server; only the definition is backed up',
    })),
    ...findings.inSystemSchemas.map((subject) => ({
      code: 'object-not-restorable' as const,
      subject,
      detail: 'somebody made it in a schema of the server’s own; pg_dump leaves out what is in there',
    })),
    ...findings.extensionOwners.map(({ name, owner }) => ({
      code: 'extension-owner' as const,
      subject: name,
      detail: `the extension belongs to ${owner}; it comes back as the restoring superuser's, and SQL cannot change that`,
    })),
    ...findings.extensionVersions.map(({ name, version, comesBack }) => ({
      code: 'extension-version' as const,
      subject: name,
      detail: `version ${version} is installed; a restore makes the target's default version, which is ${comesBack} on the source`,
    })),
  ];
}

/** The first five names and how many more there are: a schema without USAGE can hold thousands. */
export function some(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
}

/** Objects of extensions are not dumped, so they need not be readable: hence the pg_depend conditions. */
const findingsSql = `
  WITH me AS (SELECT rolsuper AS super FROM pg_roles WHERE rolname = current_user),
  relation AS (
    SELECT c.oid, c.relkind, c.relrowsecurity, n.nspname AS schema, c.relname AS table
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r','p','S') AND c.relpersistence <> 't' AND c.oid >= 16384 AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
  SELECT json_build_object(
    'unusableSchemas', (SELECT coalesce(json_agg(nspname ORDER BY nspname), '[]') FROM pg_namespace n
      WHERE NOT has_schema_privilege(n.oid, 'USAGE') AND EXISTS (SELECT FROM relation r WHERE r.schema = n.nspname)),
    'unreadable', (SELECT coalesce(json_agg(json_build_object('schema', schema, 'table', "table", 'kind', CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END) ORDER BY schema, "table"), '[]')
      FROM relation WHERE CASE relkind WHEN 'S' THEN NOT has_sequence_privilege(oid, 'SELECT') ELSE NOT has_table_privilege(oid, 'SELECT') END),
    'rowSecurity', (SELECT coalesce(json_agg(json_build_object('schema', schema, 'table', "table") ORDER BY schema, "table"), '[]')
      FROM relation WHERE relrowsecurity AND relkind = 'r' AND row_security_active(oid)),
    'hiddenSubscriptions', (SELECT coalesce(json_agg(subname ORDER BY subname), '[]') FROM pg_subscription s, me
      WHERE NOT me.super AND s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())),
    'hiddenMappings', (SELECT coalesce(json_agg(srvname || ' for ' || usename ORDER BY srvname, usename), '[]') FROM pg_user_mappings, me
      WHERE umoptions IS NULL AND NOT me.super),
    'unreadableLargeObjects', (SELECT count(*) FROM pg_largeobject_metadata l, me
      WHERE NOT me.super AND NOT current_setting('lo_compat_privileges')::boolean AND NOT pg_has_role(l.lomowner, 'USAGE')
        AND NOT EXISTS (SELECT FROM aclexplode(l.lomacl) a WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')))),
    'invalidIndexes', (SELECT coalesce(json_agg(quote_ident(n.nspname) || '.' || quote_ident(c.relname) ORDER BY n.nspname, c.relname), '[]')
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname NOT LIKE 'pg\\_%'),
    'foreignTables', (SELECT coalesce(json_agg(quote_ident(n.nspname) || '.' || quote_ident(c.relname) ORDER BY n.nspname, c.relname), '[]')
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'f' AND n.nspname NOT LIKE 'pg\\_%'),
    'inSystemSchemas', (SELECT coalesce(json_agg(made.what || ' ' || quote_ident(n.nspname) || '.' || quote_ident(made.name) ORDER BY made.what, n.nspname, made.name), '[]')
      FROM (SELECT 'relation' AS what, 'pg_class'::regclass AS classid, oid, relname AS name, relnamespace AS namespace FROM pg_class WHERE relkind IN ('r','p','v','m','S','f')
        UNION ALL SELECT 'function', 'pg_proc'::regclass, oid, proname, pronamespace FROM pg_proc
        UNION ALL SELECT 'operator', 'pg_operator'::regclass, oid, oprname, oprnamespace FROM pg_operator
        UNION ALL SELECT 'type', 'pg_type'::regclass, oid, typname, typnamespace FROM pg_type WHERE typrelid = 0 AND typcategory <> 'A') made
      JOIN pg_namespace n ON n.oid = made.namespace
      WHERE made.oid >= 16384 AND n.nspname IN ('pg_catalog', 'information_schema')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = made.classid AND d.objid = made.oid AND d.deptype = 'e')),
    'extensionOwners', (SELECT coalesce(json_agg(json_build_object('name', e.extname, 'owner', r.rolname) ORDER BY e.extname), '[]')
      FROM pg_extension e JOIN pg_roles r ON r.oid = e.extowner WHERE e.extowner <> 10),
    'extensionVersions', (SELECT coalesce(json_agg(json_build_object('name', e.extname, 'version', e.extversion, 'comesBack', a.default_version) ORDER BY e.extname), '[]')
      FROM pg_extension e JOIN pg_available_extensions a ON a.name = e.extname WHERE a.default_version <> e.extversion)) AS findings`;
