import type { Fact } from '../../manifest/manifest.ts';
import { matchesTable, tablePattern } from './dump-pattern.ts';
import type { Session } from './session.ts';

/** What a policy's `excludeTables` leaves out of a dump. */
export interface Excluded {
  /** Tables, and views and sequences, which the same patterns mean (PostgreSQL manual, pg_dump, `--exclude-table`). */
  readonly relations: readonly ExcludedRelation[];
  /**
   * Facts of what the dump holds: without these relations, their columns, indexes, triggers and so on. The sequence of an
   * identity column goes with its table; that of a serial column is dumped, and belongs to no column any more.
   */
  without(facts: readonly Fact[]): readonly Fact[];
}

export interface ExcludedRelation {
  /** Quoted where needed. */
  readonly name: string;
  /**
   * Objects that a dump holds all the same and that cannot be made without this relation: restoring the first of them fails.
   */
  readonly neededBy: readonly string[];
}

/**
 * In the caller's transaction. A backup's inventory must say what a restore shall bring back, and excluded tables do not come
 * back.
 */
export async function readExcluded(session: Session, excludeTables: readonly string[]): Promise<Excluded> {
  if (excludeTables.length === 0) return { relations: [], without: (facts) => facts };
  const patterns = excludeTables.map(tablePattern);
  const rows = await session.query<Relation>(relationsSql);
  const matched = rows.filter(({ schema, table }) => matchesTable(patterns, schema, table));
  const names = matched.flatMap(({ name, parts }) => [name, ...parts]);
  const isOfExcluded = ({ kind, name }: Fact): boolean =>
    kinds.has(kind) && names.some((each) => ` ${name} `.includes(` ${each} `) || ` ${name}`.includes(` ${each}.`));
  const tables = new Set(matched.map(({ name }) => name));
  const needs = await session.query<{ oid: string; object: string }>(neededBySql(session.versionNumber), [
    `{${matched.map(({ oid }) => oid).join(',')}}`,
  ]);
  return {
    relations: matched.map(({ oid, name }) => ({
      name,
      neededBy: needs.filter((need) => need.oid === oid).map(({ object }) => object),
    })),
    without: (facts) => facts.filter((fact) => !isOfExcluded(fact)).map((fact) => withoutTables(fact, tables)),
  };
}

/** The fact, where it mentions one of these tables, as a dump without them says it. */
function withoutTables(fact: Fact, tables: ReadonlySet<string>): Fact {
  const { kind, value } = fact;
  if (kind === 'sequence') {
    const owner = value['ownedBy'];
    const isGone = typeof owner === 'string' && [...tables].some((name) => owner.startsWith(`${name}.`));
    return isGone ? { ...fact, value: { ...value, ownedBy: null } } : fact;
  }
  if (kind === 'publication' && value['tables'] !== null && typeof value['tables'] === 'object') {
    const left = Object.entries(value['tables']).filter(([name]) => !tables.has(name));
    return { ...fact, value: { ...value, tables: left.length === 0 ? null : Object.fromEntries(left) } };
  }
  return fact;
}

interface Relation {
  readonly oid: string;
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
  'internal-trigger',
  'materialized-view',
  'rule',
  'policy',
  'row-security',
  'sequence',
  'sequence-state',
  'statistics',
  'object',
  'acl',
]);

/** Every relation that a pattern can mean, with its indexes, extended statistics and the sequences of its identity columns. */
const relationsSql = `
  SELECT c.oid, n.nspname AS schema, c.relname AS table, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,
    (SELECT coalesce(json_agg(quote_ident(pn.nspname) || '.' || quote_ident(p.name)), '[]') FROM (
        SELECT i.relnamespace AS space, i.relname AS name FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = c.oid
        UNION ALL SELECT s.stxnamespace, s.stxname FROM pg_statistic_ext s WHERE s.stxrelid = c.oid
        UNION ALL SELECT q.relnamespace, q.relname FROM pg_depend d JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S'
          WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.deptype = 'i') p
      JOIN pg_namespace pn ON pn.oid = p.space) AS parts
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relpersistence <> 't' AND c.oid >= 16384
    AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  ORDER BY 3`;

/**
 * What refers to the relations of $1, or to their row types, and is not part of one of them: foreign keys, views, policies
 * and rules of other tables, partitions and children, functions. Memberships in publications are left out by pg_dump itself
 * until 17, not by 18 (measured with 15.18, 17.11 and 18.6), and a serial column's sequence can be made without its table.
 */
const neededBySql = (version: number): string => `
  WITH excluded AS (SELECT unnest($1::oid[]) AS oid),
  named(oid, classid, objid) AS (
    SELECT oid, 'pg_class'::regclass, oid FROM excluded
    UNION ALL SELECT e.oid, 'pg_type'::regclass, unnest(ARRAY[t.oid, t.typarray]) FROM excluded e JOIN pg_type t ON t.typrelid = e.oid),
  need AS (
    SELECT DISTINCT n.oid, d.classid, d.objid,
      coalesce(CASE WHEN d.classid = 'pg_class'::regclass THEN coalesce(i.indrelid, d.objid) END,
        k.conrelid, w.ev_class, f.adrelid, g.tgrelid, p.polrelid, s.stxrelid, 0) AS relation
    FROM named n
    JOIN pg_depend d ON d.refclassid = n.classid AND d.refobjid = n.objid AND d.deptype IN ('n', 'a')
    LEFT JOIN pg_index i ON d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid
    LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
    LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
    LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
    LEFT JOIN pg_trigger g ON d.classid = 'pg_trigger'::regclass AND g.oid = d.objid
    LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
    LEFT JOIN pg_statistic_ext s ON d.classid = 'pg_statistic_ext'::regclass AND s.oid = d.objid
    WHERE ${version >= 180_000 ? 'true' : "d.classid <> 'pg_publication_rel'::regclass"}
      AND NOT (d.deptype = 'a' AND d.classid = 'pg_class'::regclass AND EXISTS (SELECT FROM pg_class q WHERE q.oid = d.objid AND q.relkind = 'S'))
      AND NOT (d.classid = 'pg_trigger'::regclass AND g.tgisinternal))
  SELECT DISTINCT need.oid, x.type || ' ' || x.identity AS object
  FROM need,
    LATERAL (SELECT EXISTS (SELECT FROM pg_rewrite w WHERE need.classid = 'pg_rewrite'::regclass AND w.oid = need.objid AND w.rulename = '_RETURN') AS is_view) v,
    LATERAL pg_identify_object(CASE WHEN is_view THEN 'pg_class'::regclass ELSE need.classid END, CASE WHEN is_view THEN relation ELSE need.objid END, 0) x
  WHERE relation NOT IN (SELECT oid FROM excluded)
  ORDER BY 1, 2`;
