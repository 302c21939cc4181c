import type { Fact } from '../../manifest/manifest.ts';
import type { Catalog } from './catalog.ts';
import { isBroken } from './dump-tables.ts';
import { inexactness } from './inventory-exact.ts';
import { factOf, type InventoryPart, type Row } from './inventory-query.ts';
import { withoutOuterParentheses } from './neutral-joins.ts';
import { withoutDatabase } from './neutral-name.ts';
import { QueryError } from './query-error.ts';
import { quoteName } from './quote.ts';

/**
 * The database's own name is taken out of definitions: the servers write it before every table, and a restore may give
 * another one.
 */
const views: InventoryPart = async ({ catalog }) => {
  const rows = await catalog.session.query<Row>(`
    SELECT TABLE_NAME AS name, VIEW_DEFINITION AS definition, CHECK_OPTION AS checkOption, DEFINER AS definer, SECURITY_TYPE AS security,
      CHARACTER_SET_CLIENT AS client, COLLATION_CONNECTION AS connection, ${inexactness('VIEW_DEFINITION')}, ${catalog.optional('VIEWS.ALGORITHM', 'algorithm')}
    FROM information_schema.VIEWS WHERE ${catalog.inDatabase('TABLE_SCHEMA')}`);
  const [dual, broken] = [await dualityViews(catalog), await brokenViews(catalog)];
  const facts: Fact[] = [];
  for (const row of rows) {
    const fact = factOf('view', row, ['name']);
    const algorithm = row['algorithm'] ?? (await algorithmOf(catalog, row['name'] ?? ''));
    facts.push({
      ...fact,
      value: {
        ...fact.value,
        definition: withoutOuterParentheses(withoutDatabase(row['definition'] ?? '', catalog.database)),
        ...(algorithm === undefined ? {} : { algorithm }),
        ...(dual.has(row['name'] ?? '') ? { jsonDuality: true } : {}),
        ...(broken.has(row['name'] ?? '') ? { broken: true } : {}),
      },
    });
  }
  return facts;
};

/** MySQL tells it nowhere else. Undefined where the view cannot be used, or the login may not see its statement. */
async function algorithmOf({ session, database }: Catalog, view: string): Promise<string | undefined> {
  try {
    const [row] = await session.query(`SHOW CREATE VIEW ${quoteName(database)}.${quoteName(view)}`);
    return /^CREATE ALGORITHM=(\w+) /.exec(row?.['Create View'] ?? '')?.[1];
  } catch (error) {
    if (error instanceof QueryError && unusable.has(error.errno ?? 0)) return undefined;
    throw error;
  }
}

/**
 * Not allowed; its table, column or routine is missing; its definer is missing (both manuals, "Server Error Message
 * Reference").
 */
const unusable: ReadonlySet<number> = new Set([1142, 1143, 1146, 1356, 1449]);

/** Views that give JSON documents; their definition alone does not say it (MySQL 9.4 and later). */
async function dualityViews(catalog: Catalog): Promise<ReadonlySet<string>> {
  if (!catalog.has('JSON_DUALITY_VIEWS.TABLE_NAME')) return new Set();
  const rows = await catalog.session.query<{ name: string }>(
    `SELECT TABLE_NAME AS name FROM information_schema.JSON_DUALITY_VIEWS WHERE ${catalog.inDatabase('TABLE_SCHEMA')}`,
  );
  return new Set(rows.map(({ name }) => name));
}

/** Views of which something is gone. */
async function brokenViews({ session, inDatabase }: Catalog): Promise<ReadonlySet<string>> {
  // MariaDB looks into a view only for more than its comment.
  const rows = await session.query<{ name: string; comment: string | null }>(
    `SELECT TABLE_NAME AS name, TABLE_COMMENT AS comment, TABLE_ROWS AS estimate FROM information_schema.TABLES
     WHERE ${inDatabase('TABLE_SCHEMA')} AND TABLE_TYPE = 'VIEW'`,
  );
  return new Set(rows.filter(({ comment }) => isBroken(comment)).map(({ name }) => name));
}

/** Views. */
export const viewParts: readonly InventoryPart[] = [views];
