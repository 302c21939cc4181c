import type { Fact } from '../../manifest/manifest.ts';
import { matchesTable, tablePattern } from './dump-pattern.ts';
import type { Session } from './session.ts';

/** What a policy's `excludeTables` leaves out of a dump. */
export interface Excluded {
  /** Quoted names of tables, and of views and sequences, which the same patterns mean (PostgreSQL manual, pg_dump, `--exclude-table`). */
  readonly relations: readonly string[];
  /** Facts of what the dump holds: without these relations, their columns, indexes, owned sequences, triggers and so on. */
  without(facts: readonly Fact[]): readonly Fact[];
}

/** In the caller's transaction. A backup's inventory must say what a restore shall bring back, and excluded tables do not come back. */
export async function readExcluded(session: Session, excludeTables: readonly string[]): Promise<Excluded> {
  if (excludeTables.length === 0) return { relations: [], without: (facts) => facts };
  const patterns = excludeTables.map(tablePattern);
  const rows = await session.query<Relation>(relationsSql);
  const matched = rows.filter(({ schema, table }) => matchesTable(patterns, schema, table));
  const names = matched.flatMap(({ name, parts }) => [name, ...parts]);
  const isOfExcluded = ({ kind, name }: Fact): boolean =>
    kinds.has(kind) && names.some((each) => ` ${name} `.includes(` ${each} `) || ` ${name}`.includes(` ${each}.`));
  return {
    relations: matched.map(({ name }) => name),
    without: (facts) => facts.filter((fact) => !isOfExcluded(fact)),
  };
}

interface Relation {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly parts: readonly string[];
}

/** Kinds of facts that are named by a relation: alone, with a column, or among other words (`trigger t on public.a`). */
const kinds: ReadonlySet<string> = new Set([
  'relation',
  'column',
  'constraint',
  'index',
  'trigger',
  'rule',
  'policy',
  'row-security',
  'sequence',
  'sequence-state',
  'statistics',
  'object',
  'acl',
]);

/** Every relation that a pattern can mean, with its indexes, extended statistics and the sequences that its columns own. */
const relationsSql = `
  SELECT n.nspname AS schema, c.relname AS table, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,
    (SELECT coalesce(json_agg(quote_ident(pn.nspname) || '.' || quote_ident(p.name)), '[]') FROM (
        SELECT i.relnamespace AS space, i.relname AS name FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = c.oid
        UNION ALL SELECT s.stxnamespace, s.stxname FROM pg_statistic_ext s WHERE s.stxrelid = c.oid
        UNION ALL SELECT q.relnamespace, q.relname FROM pg_depend d JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S'
          WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.deptype IN ('a', 'i')) p
      JOIN pg_namespace pn ON pn.oid = p.space) AS parts
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relpersistence <> 't' AND c.oid >= 16384
    AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  ORDER BY 3`;
