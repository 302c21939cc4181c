import type { Degradation } from '../../manifest/manifest.ts';
import { isGenerated, openCatalog } from './catalog.ts';
import { everyRowOf, type DumpTable } from './dump-tables.ts';
import { quoteName } from './quote.ts';
import type { Session } from './session.ts';

/**
 * Columns of type FLOAT with values that the dump cannot hold: both vendors' programs write six digits of them, which is
 * another number where more are needed (8388609 comes back as 8388610). One scan of each table that has such columns, in the
 * caller's snapshot. `tables` are those whose rows are dumped. Throws what the session throws.
 */
export async function readFloatLoss(
  session: Session,
  {
    database,
    tables,
  }: { readonly database: string; readonly tables: readonly Pick<DumpTable, 'table' | 'versioned'>[] },
): Promise<readonly Degradation[]> {
  const catalog = await openCatalog(session, database);
  const columns = await session.query<{ table: string; column: string; extra: string }>(
    `SELECT TABLE_NAME AS \`table\`, COLUMN_NAME AS \`column\`, EXTRA AS extra FROM information_schema.COLUMNS
     WHERE ${catalog.inDatabase('TABLE_SCHEMA')} AND DATA_TYPE = 'float' ORDER BY TABLE_NAME, ORDINAL_POSITION`,
  );
  const own = Map.groupBy(
    columns.filter(({ extra }) => !isGenerated(extra)),
    ({ table }) => table,
  );
  const lost: Degradation[] = [];
  for (const each of tables) {
    const { table } = each;
    const mine = own.get(table);
    if (mine === undefined) continue;
    const sums = mine.map(({ column }, index) => `COALESCE(SUM(${isRounded(quoteName(column))}), 0) AS c${index}`);
    const [row] = await session.query(`SELECT ${sums.join(', ')} FROM ${everyRowOf(database, each)}`);
    for (const [index, { column }] of mine.entries()) {
      const values = Number(row?.[`c${index}`] ?? 0);
      if (values > 0)
        lost.push({
          code: 'float-rounded',
          subject: `${quoteName(table)}.${quoteName(column)}`,
          detail: `${values} ${values === 1 ? 'value has' : 'values have'} more digits than a dump of a FLOAT column has (six): ${values === 1 ? 'it comes' : 'they come'} back rounded; a DOUBLE column keeps them`,
        });
    }
  }
  return lost;
}

/** Whether what the server prints is read as another number. */
const isRounded = (column: string): string => `CAST(CAST(${column} AS CHAR) AS FLOAT) <> ${column}`;
