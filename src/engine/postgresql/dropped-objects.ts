import { OperationError } from '../../base/operation-error.ts';
import { some } from './preflight.ts';
import type { Session } from './session.ts';

/** A function or a type that a dump defines. */
export interface Definition {
  /** Its catalog and OID. */
  readonly id: string;
  readonly name: string;
}

/**
 * What pg_dump has the server write, in the caller's transaction: arguments and results of functions, names of types. The
 * server looks in its newest catalogs for them and not in the snapshot, and of what is gone there it gives nothing, or
 * `???`, without an error. Such a dump ends well and cannot be restored (measured with 15.18, 17.12 and 18.6).
 */
export async function readDefinitions(session: Session): Promise<readonly Definition[]> {
  return session.query<{ id: string; name: string }>(`
    SELECT id, name FROM (${existing}) o
    WHERE oid >= 16384 AND schema !~ '^pg_(toast|temp)'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = o.classid AND d.objid = o.oid AND d.deptype = 'e')`);
}

/**
 * Throws `dump/failed`, transient, where one of them does not exist any more. To be called once pg_dump has written its
 * definitions, which it does before any data, in a session that is not in a snapshot.
 */
export async function refuseDropped(session: Session, definitions: readonly Definition[]): Promise<void> {
  const rows = await session.query<{ id: string }>(`SELECT id FROM (${existing}) o`);
  const left = new Set(rows.map(({ id }) => id));
  const dropped = definitions.filter(({ id }) => !left.has(id)).map(({ name }) => name);
  if (dropped.length > 0) throw droppedMeanwhile(some(dropped.toSorted()));
}

export const droppedMeanwhile = (what: string): OperationError =>
  new OperationError('dump/failed', `dropped while the dump began: ${what}`, {
    hint: 'Take the backup when nobody changes the schema.',
    transient: true,
  });

/** Without the row types and array types that come and go with tables. */
const existing = `
  SELECT p.tableoid AS classid, p.oid, 'function ' || p.oid AS id, n.nspname AS schema,
    'function ' || quote_ident(n.nspname) || '.' || quote_ident(p.proname) AS name
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  UNION ALL
  SELECT t.tableoid, t.oid, 'type ' || t.oid, n.nspname, 'type ' || quote_ident(n.nspname) || '.' || quote_ident(t.typname)
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
  WHERE t.typcategory <> 'A' AND (c.relkind IS NULL OR c.relkind = 'c')`;
