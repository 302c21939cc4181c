import { matchesGlob } from '../../base/address.ts';
import type { DumpPolicy } from '../../spec/desired.ts';
import { quoteName } from './quote.ts';
import type { Session } from './session.ts';

/** A table as the server lists it, and what a dump shall hold of it. */
export interface DumpTable {
  readonly table: string;
  /** Quoted, as it is named everywhere outside SQL too. */
  readonly name: string;
  readonly engine: string;
  /** Whether a consistent snapshot holds its rows still. */
  readonly transactional: boolean;
  /** Whether its dump holds rows that were replaced or deleted, too (MariaDB manual, "System-Versioned Tables"). */
  readonly versioned: boolean;
  /** Whether the dump programs take its rows: those of other servers' tables they leave there. */
  readonly hasRows: boolean;
  /** An estimate, to share the work. */
  readonly bytes: number;
  readonly excluded: 'no' | 'data' | 'table';
}

export interface DumpObjects {
  /** Sorted by name. */
  readonly tables: readonly DumpTable[];
  /** Those that can be used. */
  readonly views: readonly string[];
  /** What they read is gone: no dump program can write them. */
  readonly brokenViews: readonly string[];
  readonly sequences: readonly string[];
  /** Tables, views and sequences that `excludeTables` means. */
  readonly excluded: readonly string[];
}

/** Engines whose rows the dump programs leave out (check_if_ignore_table in mysqldump.c): they are other tables' rows. */
const rowless: ReadonlySet<string> = new Set([
  'MRG_MYISAM',
  'MRG_ISAM',
  'FEDERATED',
  'MERGE',
  'SPIDER',
  'CONNECT',
  'OQGRAPH',
]);

/** What a database has besides its routines and events. `excludeTables` mean views and sequences too. */
export async function readDumpObjects(
  session: Session,
  database: string,
  policy: Pick<DumpPolicy, 'excludeTables' | 'excludeTableData'>,
): Promise<DumpObjects> {
  const rows = await session.query<{
    name: string;
    type: string;
    engine: string | null;
    transactions: string | null;
    bytes: string | null;
    comment: string | null;
  }>(
    `SELECT t.TABLE_NAME AS name, t.TABLE_TYPE AS type, t.ENGINE AS engine, e.TRANSACTIONS AS transactions,
       COALESCE(t.DATA_LENGTH, 0) + COALESCE(t.INDEX_LENGTH, 0) AS bytes, t.TABLE_COMMENT AS comment
     FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
     WHERE t.TABLE_SCHEMA = ?`,
    [database],
  );
  const isExcluded = (patterns: readonly string[], name: string): boolean =>
    patterns.some((pattern) => matchesGlob(pattern, name));
  const sorted = rows.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const wanted = (type: string): readonly string[] =>
    sorted.filter((row) => row.type === type && !isExcluded(policy.excludeTables, row.name)).map(({ name }) => name);
  const broken = new Set(
    rows.filter(({ type, comment }) => type === 'VIEW' && isBroken(comment)).map(({ name }) => name),
  );
  return {
    excluded: sorted.filter(({ name }) => isExcluded(policy.excludeTables, name)).map(({ name }) => name),
    views: wanted('VIEW').filter((name) => !broken.has(name)),
    brokenViews: wanted('VIEW').filter((name) => broken.has(name)),
    sequences: wanted('SEQUENCE'),
    tables: sorted
      .filter(({ type }) => type === 'BASE TABLE' || type === 'SYSTEM VERSIONED')
      .map(({ name, type, engine, transactions, bytes }) => ({
        table: name,
        name: quoteName(name),
        engine: engine ?? 'unknown',
        transactional: transactions === 'YES',
        versioned: type === 'SYSTEM VERSIONED',
        hasRows: !rowless.has((engine ?? '').toUpperCase()),
        bytes: Number(bytes ?? 0),
        excluded: isExcluded(policy.excludeTables, name)
          ? 'table'
          : isExcluded(policy.excludeTableData, name)
            ? 'data'
            : 'no',
      })),
  };
}

/**
 * Whether the server says so in a view's comment, as both vendors' do for error 1356, where it had to open the view for
 * another column (measured on MySQL 9.7, MariaDB 10.11 and 11.8: MariaDB does not for the comment alone).
 */
export const isBroken = (comment: string | null): boolean => comment?.includes('references invalid') === true;

/** As FROM takes it: with the rows that were replaced or deleted, where the table keeps them, as its dump has them. */
export const everyRowOf = (database: string, { table, versioned }: Pick<DumpTable, 'table' | 'versioned'>): string =>
  `${quoteName(database)}.${quoteName(table)}${versioned ? ' FOR SYSTEM_TIME ALL' : ''}`;

/**
 * Shares tables among this many programs so that none has much more to do than another; the largest come first. Never gives
 * an empty share but the first.
 */
export function shareTables(tables: readonly DumpTable[], jobs: number): readonly (readonly DumpTable[])[] {
  const shares = Array.from({ length: Math.max(1, Math.min(jobs, tables.length)) }, () => ({
    bytes: 0,
    tables: [] as DumpTable[],
  }));
  for (const table of tables.toSorted((a, b) => b.bytes - a.bytes)) {
    const least = shares.reduce((best, share) => (share.bytes < best.bytes ? share : best));
    least.tables.push(table);
    // A table costs something even where it is empty.
    least.bytes += table.bytes + 16_384;
  }
  return shares.map((share) => share.tables);
}
