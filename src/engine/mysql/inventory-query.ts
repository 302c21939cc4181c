import type { Fact } from '../../manifest/manifest.ts';
import type { Catalog } from './catalog.ts';
import type { Flavour } from './flavour.ts';
import { quoteName } from './quote.ts';

export type Row = Readonly<Record<string, string | null>>;

/** What the parts of an inventory are read from, with the one thing that all of them need. */
export interface InventoryContext {
  readonly catalog: Catalog;
  readonly flavour: Flavour;
  /** Tables that hold rows, by name: neither views nor sequences. */
  readonly tables: ReadonlySet<string>;
}

/** One kind of fact, read with a number of queries that does not depend on how many tables there are. */
export type InventoryPart = (context: InventoryContext) => Promise<readonly Fact[]>;

/**
 * A fact whose name is made of some columns of a row, each quoted (`` `table`.`column` ``), and whose value are the others.
 * NULL is left out, so that servers that cannot know a thing and those that do not have it give the same fact.
 */
export function factOf(kind: string, row: Row, parts: readonly string[]): Fact {
  const name = parts.flatMap((part) => (row[part] === null ? [] : quoteName(row[part] ?? ''))).join('.');
  const value = Object.entries(row).filter(([field, text]) => text !== null && !parts.includes(field));
  return { kind, name, value: Object.fromEntries(value) };
}

/** NULL for the empty text, which stands for "none" in most columns of information_schema. */
export const unlessEmpty = (column: string, alias: string): string => `NULLIF(${column}, '') AS ${alias}`;

/**
 * Hash of the body of a routine, trigger or event, which is too long to be shown and may hold anything. MySQL keeps the
 * semicolon behind one that came from a client that sends several statements at once, and loses it when it is restored.
 */
export const digestOf = (column: string, alias: string): string =>
  `SHA2(TRIM(TRAILING ';' FROM RTRIM(${column})), 256) AS ${alias}`;
