import type { Catalog } from './catalog.ts';
import { QueryError } from './query-error.ts';
import { quoteName } from './quote.ts';

export interface Shown {
  readonly statement: string;
  /** That it was made in; undefined where the kind has none. */
  readonly sqlMode: string | undefined;
}

/**
 * The statement that makes an object, as the server prints it. `what` is as SHOW CREATE has it, its name quoted
 * (`` procedure `p` ``). Undefined where the login may not see it, or it cannot be used.
 */
export async function showCreate(
  { session, database }: Pick<Catalog, 'session' | 'database'>,
  what: string,
): Promise<Shown | undefined> {
  const at = what.indexOf('`');
  try {
    const [row = {}] = await session.query(`SHOW CREATE ${what.slice(0, at)}${quoteName(database)}.${what.slice(at)}`);
    const column = Object.keys(row).find((name) => name.startsWith('Create ') || name === 'SQL Original Statement');
    const statement = column === undefined ? undefined : row[column];
    return typeof statement === 'string' ? { statement, sqlMode: row['sql_mode'] ?? undefined } : undefined;
  } catch (error) {
    if (error instanceof QueryError && unusable.has(error.errno ?? 0)) return undefined;
    throw error;
  }
}

/** Not allowed; something it needs is missing (both manuals, "Server Error Message Reference"). */
const unusable: ReadonlySet<number> = new Set([1142, 1143, 1146, 1227, 1305, 1356, 1449]);
