import type { Degradation, Fact } from '../../manifest/manifest.ts';
import { qualifiedName } from './quote.ts';
import type { Session } from './session.ts';
import type { DumpableTable } from './tables.ts';

/**
 * Tables whose rows no dump of this server can hold: those of extensions that did not register them with
 * pg_extension_config_dump (PostgreSQL manual, "Extension Configuration Tables"), where they have rows or cannot be looked
 * into; and on a standby the unlogged ones, which are empty there. In the caller's transaction.
 */
export async function readLostRows(
  session: Session,
  { tables, facts }: { readonly tables: readonly DumpableTable[]; readonly facts: readonly Fact[] },
): Promise<readonly Degradation[]> {
  const members = await session.query<Member>(membersSql);
  const lost: Degradation[] = [];
  for (const { schema, table, name, extension, readable } of members) {
    if (readable) {
      const rows = await session.query(`SELECT FROM ONLY ${qualifiedName(schema, table)} LIMIT 1`);
      if (rows.length === 0) continue;
    }
    lost.push({
      code: 'extension-table-data',
      subject: name,
      detail: `the table belongs to extension ${extension}, which did not register it for dumps: pg_dump leaves its rows out${readable ? '' : ', if it has any'}`,
    });
  }
  const sequences = unreadSequences(facts).map(({ name }) => name);
  for (const name of [
    ...tables.filter(({ excluded }) => excluded === 'unlogged').map((table) => table.name),
    ...sequences,
  ])
    lost.push({
      code: 'unlogged-table-data',
      subject: name,
      detail: 'a standby has no content of what is unlogged; only the definition is backed up',
    });
  return lost;
}

/** `facts` and, for each unlogged sequence that a standby could not read, the state that a new one has: it comes back so. */
export function withNewSequences(facts: readonly Fact[]): readonly Fact[] {
  return [
    ...facts,
    ...unreadSequences(facts).map(({ name, value }): Fact => {
      const state = { last: value['start'], called: false };
      return { kind: 'sequence-state', name, value: { low: state, high: state } };
    }),
  ];
}

function unreadSequences(facts: readonly Fact[]): readonly Fact[] {
  const read = new Set(facts.filter(({ kind }) => kind === 'sequence-state').map(({ name }) => name));
  return facts.filter(
    ({ kind, name, value }) => kind === 'sequence' && value['persistence'] === 'u' && !read.has(name),
  );
}

interface Member {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly extension: string;
  readonly readable: boolean;
}

const membersSql = `
  SELECT n.nspname AS schema, c.relname AS table, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name, e.extname AS extension,
    to_jsonb(has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')
      AND NOT row_security_active(c.oid) AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery())) AS readable
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'
  JOIN pg_extension e ON e.oid = d.refobjid
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT LIKE 'pg\\_temp%' AND NOT c.oid = ANY (coalesce(e.extconfig, '{}'))
  ORDER BY 3`;
