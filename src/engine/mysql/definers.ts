import type { AccountBook } from './account-book.ts';
import type { Account } from './quote.ts';
import type { Session } from './session.ts';

/** In whose name views, routines, triggers and events of a database run, whether those accounts exist or not. */
export async function readDefiners(session: Session, database: string): Promise<AccountBook['definers']> {
  const found: { account: Account; why: string }[] = [];
  for (const { sql, why } of sources) {
    const rows = await session.query<{ definer: string }>(sql, [database]);
    for (const { definer } of rows) found.push({ account: definerOf(definer), why });
  }
  return found;
}

const sources: readonly { readonly why: string; readonly sql: string }[] = [
  { why: 'definer of a view', table: 'VIEWS', schema: 'TABLE_SCHEMA' },
  { why: 'definer of a routine', table: 'ROUTINES', schema: 'ROUTINE_SCHEMA' },
  { why: 'definer of a trigger', table: 'TRIGGERS', schema: 'TRIGGER_SCHEMA' },
  { why: 'definer of an event', table: 'EVENTS', schema: 'EVENT_SCHEMA' },
].map(({ why, table, schema }) => ({
  why,
  sql: `SELECT DISTINCT DEFINER AS definer FROM information_schema.${table} WHERE ${schema} = ? ORDER BY DEFINER`,
}));

/** `user@host` as the catalogs have it, unquoted: no host holds an `@`, users may. A role of MariaDB stands alone. */
export function definerOf(definer: string): Account {
  const at = definer.lastIndexOf('@');
  return at < 0 ? { user: definer, host: '' } : { user: definer.slice(0, at), host: definer.slice(at + 1) };
}
