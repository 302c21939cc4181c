import { quoteText } from './quote.ts';
import type { Session } from './session.ts';

/** What this server's information_schema can tell, and about which database it is asked. */
export interface Catalog {
  readonly session: Session;
  readonly database: string;
  /** Whether information_schema has a column (`VIEWS.ALGORITHM`): the servers and their versions differ in it. */
  readonly has: (column: string) => boolean;
  /** `alias` where the column is there, so that one text serves all servers; `NULL AS alias` where it is not. */
  readonly optional: (column: string, alias: string) => string;
  /** Condition that a column of information_schema holds the database's name. */
  readonly inDatabase: (column: string) => string;
}

/** Asks once which columns information_schema has. */
export async function openCatalog(session: Session, database: string): Promise<Catalog> {
  const rows = await session.query<{ name: string }>(
    "SELECT CONCAT(TABLE_NAME, '.', COLUMN_NAME) AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'information_schema'",
  );
  const names = new Set(rows.map(({ name }) => name.toUpperCase()));
  const has = (column: string): boolean => names.has(column);
  const literal = quoteText(database);
  return {
    session,
    database,
    has,
    optional: (column, alias) => `${has(column) ? column.slice(column.indexOf('.') + 1) : 'NULL'} AS ${alias}`,
    // The second comparison is by bytes, since the first one takes `ü` for `u`; the server finds the database by the first.
    inDatabase: (column) => `(${column} = ${literal} AND HEX(${column}) = HEX(${literal}))`,
  };
}

/**
 * Of `COLUMNS.EXTRA`: whether other columns make this one's values. MySQL says `DEFAULT_GENERATED` of a default that is an
 * expression.
 */
export const isGenerated = (extra: string): boolean => /\b(VIRTUAL|STORED|PERSISTENT) GENERATED\b/.test(extra);
