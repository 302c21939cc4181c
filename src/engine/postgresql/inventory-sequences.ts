import type { Fact } from '../../manifest/manifest.ts';
import { firstUserOid, relationName, relationNameOf, userSchemas, type InventoryQuery } from './inventory-query.ts';
import type { Session } from './session.ts';

/** Bounds are text: they reach 2^63 - 1, which a JSON number in JavaScript does not. */
const sequences: InventoryQuery = {
  access: false,
  sql: () => `
    SELECT 'sequence' AS kind, ${relationName} AS name,
      jsonb_build_object('type', format_type(s.seqtypid, NULL), 'start', s.seqstart::text, 'increment', s.seqincrement::text, 'min', s.seqmin::text,
        'max', s.seqmax::text, 'cache', s.seqcache::text, 'cycle', s.seqcycle, 'persistence', c.relpersistence,
        'ownedBy', (SELECT ${relationNameOf('d.refobjid')} || '.' || quote_ident(a.attname)
          FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0 LIMIT 1)) AS value
    FROM pg_sequence s
    JOIN pg_class c ON c.oid = s.seqrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid >= ${firstUserOid} AND ${userSchemas}`,
};

export const sequenceQueries: readonly InventoryQuery[] = [sequences];

/**
 * The state of every sequence of the database, as facts of kind `sequence-state`. A sequence is not part of any snapshot
 * (PostgreSQL manual, "Sequence Manipulation Functions"), so a state lies between two readings: `low` and `high` are the
 * same here, `widenSequenceStates` moves `high`. Sequences that the login may not read are left out, and those that a
 * standby does not have because they are unlogged.
 */
export async function readSequenceStates(session: Session): Promise<Fact[]> {
  const found = await session.query<{ name: string }>(
    `SELECT ${relationName} AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery()) AND c.oid >= ${firstUserOid} AND ${userSchemas}
       AND has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE') ORDER BY 1`,
  );
  const facts: Fact[] = [];
  for (let from = 0; from < found.length; from += 200) {
    const batch = found.slice(from, from + 200);
    const rows = await session.query<{ position: number; last: string; called: boolean }>(
      batch
        .map(
          ({ name }, position) =>
            `SELECT to_jsonb(${position}) AS position, last_value::text AS last, to_jsonb(is_called) AS called FROM ${name}`,
        )
        .join(' UNION ALL '),
    );
    for (const { position, last, called } of rows) {
      const state = { last, called };
      facts.push({ kind: 'sequence-state', name: batch[position]?.name ?? '', value: { low: state, high: state } });
    }
  }
  return facts;
}

/** `facts` with the `high` of each sequence state taken from a later reading. */
export function widenSequenceStates(facts: readonly Fact[], later: readonly Fact[]): Fact[] {
  const high = new Map(
    later.filter((fact) => fact.kind === 'sequence-state').map((fact) => [fact.name, fact.value['high']]),
  );
  return facts.map((fact) =>
    fact.kind === 'sequence-state' && high.has(fact.name)
      ? { ...fact, value: { ...fact.value, high: high.get(fact.name) } }
      : fact,
  );
}
