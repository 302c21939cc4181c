import type { Fact } from '../../manifest/manifest.ts';
import { isGenerated, openCatalog, type Catalog } from './catalog.ts';
import { everyRowOf } from './dump-tables.ts';
import { QueryError } from './query-error.ts';
import { quoteName } from './quote.ts';
import type { Session } from './session.ts';

/**
 * Hashes the rows of tables on the server, independently of the dump program: facts `rows-hash` with `rows` and an order-free
 * `hash`, equal for equal rows, and with `roundedHash` for FLOAT columns as a dump has them. One scan of each table, in the
 * caller's snapshot. `tables` are names, unquoted. A table that is not there has no fact. Generated columns are left out:
 * they follow from the others. Throws what the session throws.
 */
export async function hashTables(
  session: Session,
  { database, tables }: { readonly database: string; readonly tables: readonly string[] },
): Promise<readonly Fact[]> {
  if (tables.length === 0) return [];
  const catalog = await openCatalog(session, database);
  const columns = await columnsOf(catalog);
  const facts: Fact[] = [];
  for (const table of tables) {
    const mine = columns.get(table);
    if (mine === undefined) continue;
    const fact = await hashTable(session, { database, table, ...mine });
    if (fact !== undefined) facts.push(fact);
  }
  return facts;
}

/** Names of the tables that an inventory has hashes of. */
export function hashedTables(inventory: readonly Fact[]): readonly string[] {
  return inventory
    .filter(({ kind }) => kind === 'rows-hash')
    .map(({ name }) => name.slice(1, -1).replaceAll('``', '`'));
}

interface Hashable {
  /** An expression of text for each column. */
  readonly texts: readonly string[];
  /** The same with FLOAT values as a dump has them; undefined where there are none. */
  readonly rounded: readonly string[] | undefined;
  /** Whether the table keeps rows that were replaced or deleted: they are rows of the backup. */
  readonly versioned: boolean;
}

/**
 * Two sums of 64 bits each of the SHA-256 of every row: a sum does not depend on the order, and equal rows do not cancel out
 * as with XOR. CONV reads 64 bits at most.
 */
async function hashTable(
  session: Session,
  table: Hashable & { readonly database: string; readonly table: string },
): Promise<Fact | undefined> {
  const { texts, rounded } = table;
  const name = quoteName(table.table);
  const columns = [texts, ...(rounded === undefined ? [] : [rounded])].map(
    (each, index) => `SHA2(CONCAT_WS('|', ${each.join(', ')}), 256) AS h${index}`,
  );
  try {
    const [row] = await session.query<{ number: string; hash: string; rounded: string | null }>(
      `SELECT COUNT(*) AS number, ${sumsOf('h0')} AS hash, ${rounded === undefined ? 'NULL' : sumsOf('h1')} AS rounded
       FROM (SELECT ${columns.join(', ')} FROM ${everyRowOf(table.database, table)}) hashed`,
    );
    const roundedHash = typeof row?.rounded === 'string' ? { roundedHash: row.rounded } : {};
    return { kind: 'rows-hash', name, value: { rows: Number(row?.number), hash: row?.hash ?? '', ...roundedHash } };
  } catch (error) {
    // Gone since the catalog was read: other facts tell.
    if (error instanceof QueryError && error.errno === 1146) return undefined;
    throw error;
  }
}

function sumsOf(hash: string): string {
  const sum = (from: number): string =>
    `COALESCE(SUM(CAST(CONV(SUBSTRING(${hash}, ${from}, 16), 16, 10) AS UNSIGNED)), 0)`;
  return `CONCAT(${sum(1)}, '.', ${sum(17)})`;
}

async function columnsOf(catalog: Catalog): Promise<ReadonlyMap<string, Hashable>> {
  // Not joined: MariaDB would open every table once more for each of its columns.
  const kinds = await catalog.session.query<{ name: string; kind: string }>(
    `SELECT TABLE_NAME AS name, TABLE_TYPE AS kind FROM information_schema.TABLES WHERE ${catalog.inDatabase('TABLE_SCHEMA')}`,
  );
  const kindOf = new Map(kinds.map(({ name, kind }) => [name, kind]));
  const rows = await catalog.session.query<{ table: string; column: string; type: string; extra: string }>(`
    SELECT TABLE_NAME AS \`table\`, COLUMN_NAME AS \`column\`, DATA_TYPE AS type, EXTRA AS extra
    FROM information_schema.COLUMNS WHERE ${catalog.inDatabase('TABLE_SCHEMA')} ORDER BY TABLE_NAME, ORDINAL_POSITION`);
  const tables = Map.groupBy(rows, ({ table }) => table);
  return new Map(
    [...tables].map(([table, columns]) => {
      const versioned = kindOf.get(table) === 'SYSTEM VERSIONED';
      const wanted = columns.filter(({ extra }) => !isGenerated(extra) || (versioned && /ROW (START|END)/.test(extra)));
      const textsWith = (float: (column: string) => string): readonly string[] =>
        wanted.length === 0
          ? ["''"]
          : wanted.map(({ column, type }) => textOf(quoteName(column), type.toLowerCase(), float));
      const rounded = wanted.some(({ type }) => type.toLowerCase() === 'float') ? textsWith(printed) : undefined;
      return [table, { texts: textsWith(exact), rounded, versioned }];
    }),
  );
}

/** Long values by their own hash, so that neither their bytes nor their character sets mix; NULL as nothing else is written. */
function textOf(column: string, type: string, float: (column: string) => string): string {
  return `COALESCE(${expressionOf(column, type, float)}, 'NULL')`;
}

function expressionOf(column: string, type: string, float: (column: string) => string): string {
  if (type === 'float') return float(column);
  if (type === 'double') return exact(column);
  if (binary.has(type)) return `HEX(${column})`;
  return short.has(type) ? `CAST(${column} AS CHAR)` : `SHA2(${column}, 256)`;
}

/** A FLOAT is printed with six digits, and so are dumps. */
const printed = (column: string): string => `IF(${column} = 0, '0', CAST(${column} AS CHAR))`;

/** `+ 0e0` shows all that it has, and makes 0 of -0, as a restore does. */
const exact = (column: string): string => `CAST(${column} + 0e0 AS CHAR)`;

/** No text, and no number either. */
const binary: ReadonlySet<string> = new Set([
  'bit',
  'vector',
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
  'geomcollection',
]);

/** Written in ASCII, without a `|`. */
const short: ReadonlySet<string> = new Set([
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
  'decimal',
  'date',
  'datetime',
  'timestamp',
  'time',
  'year',
  'uuid',
  'inet4',
  'inet6',
]);
