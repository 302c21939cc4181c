import type { Json } from '../../base/json.ts';
import { factOf, unlessEmpty, type InventoryPart, type Row } from './inventory-query.ts';
import { quoteName } from './quote.ts';

/** Name of each index with its columns in order: prefix length, direction and expression (functional ones have no column). */
const indexes: InventoryPart = async ({ catalog }) => {
  const rows = await catalog.session.query<Row>(`
    SELECT TABLE_NAME AS \`table\`, INDEX_NAME AS indexName, COLUMN_NAME AS \`column\`, SUB_PART AS prefix,
      NULLIF(COLLATION, 'A') AS direction, ${catalog.optional('STATISTICS.EXPRESSION', 'expression')},
      NULLIF(NON_UNIQUE, 1) AS isUnique, INDEX_TYPE AS type, ${unlessEmpty('INDEX_COMMENT', 'comment')}, ${unlessEmpty('COMMENT', 'state')},
      NULLIF(${catalog.has('STATISTICS.IS_VISIBLE') ? 'IS_VISIBLE' : "'YES'"}, 'YES') AS visible,
      NULLIF(${catalog.has('STATISTICS.IGNORED') ? 'IGNORED' : "'NO'"}, 'NO') AS ignored
    FROM information_schema.STATISTICS WHERE ${catalog.inDatabase('TABLE_SCHEMA')} ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`);
  return grouped(rows, ['table', 'indexName']).map((group) => {
    const [first = {}] = group;
    const ofIndex = Object.fromEntries(Object.entries(first).filter(([field]) => !ofColumn.has(field)));
    const fact = factOf('index', ofIndex, ['table', 'indexName']);
    return {
      ...fact,
      value: { ...fact.value, unique: first['isUnique'] !== null, columns: group.map(indexedColumn) },
    };
  });
};

/** What belongs to one column of an index, or is said otherwise. */
const ofColumn: ReadonlySet<string> = new Set(['column', 'prefix', 'direction', 'expression', 'isUnique']);

function indexedColumn({ column = null, prefix = null, direction = null, expression = null }: Row): Json {
  const what = { column, prefix, direction, expression };
  return Object.fromEntries(Object.entries(what).filter(([, value]) => value !== null));
}

/** A database that a foreign key points into is named only where it is another one. */
const foreignKeys: InventoryPart = async ({ catalog }) => {
  const rules = await catalog.session.query<Row>(`
    SELECT TABLE_NAME AS \`table\`, CONSTRAINT_NAME AS constraintName, UPDATE_RULE AS onUpdate, DELETE_RULE AS onDelete,
      MATCH_OPTION AS matches, ${catalog.inDatabase('UNIQUE_CONSTRAINT_SCHEMA')} AS inside, UNIQUE_CONSTRAINT_SCHEMA AS other, REFERENCED_TABLE_NAME AS target
    FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE ${catalog.inDatabase('CONSTRAINT_SCHEMA')}`);
  if (rules.length === 0) return [];
  const columns = await catalog.session.query<Row>(`
    SELECT TABLE_NAME AS \`table\`, CONSTRAINT_NAME AS constraintName, COLUMN_NAME AS \`column\`, REFERENCED_COLUMN_NAME AS referenced
    FROM information_schema.KEY_COLUMN_USAGE WHERE ${catalog.inDatabase('TABLE_SCHEMA')} AND REFERENCED_TABLE_NAME IS NOT NULL
    ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION`);
  const columnsOf = Map.groupBy(columns, (row) => factOf('', row, ['table', 'constraintName']).name);
  return rules.map(({ inside = null, other = null, target = null, ...rule }) => {
    const fact = factOf('foreign-key', rule, ['table', 'constraintName']);
    const mine = columnsOf.get(fact.name) ?? [];
    const database = inside === '1' ? '' : `${quoteName(other ?? '')}.`;
    return {
      ...fact,
      value: {
        ...fact.value,
        columns: mine.map(({ column }) => column ?? null),
        references: `${database}${quoteName(target ?? '')}`,
        referencedColumns: mine.map(({ referenced }) => referenced ?? null),
      },
    };
  });
};

/** MariaDB has checks of columns beside those of tables, under the column's name; MySQL has whether one is enforced. */
const checks: InventoryPart = async ({ catalog }) => {
  const ofTables = catalog.has('CHECK_CONSTRAINTS.TABLE_NAME');
  const rows = await catalog.session.query<Row>(
    ofTables
      ? `SELECT TABLE_NAME AS \`table\`, CONSTRAINT_NAME AS constraintName, CHECK_CLAUSE AS clause, LEVEL AS level
         FROM information_schema.CHECK_CONSTRAINTS WHERE ${catalog.inDatabase('CONSTRAINT_SCHEMA')}`
      : `SELECT t.TABLE_NAME AS \`table\`, t.CONSTRAINT_NAME AS constraintName, c.CHECK_CLAUSE AS clause, t.ENFORCED AS enforced
         FROM information_schema.TABLE_CONSTRAINTS t JOIN information_schema.CHECK_CONSTRAINTS c
           ON c.CONSTRAINT_SCHEMA = t.CONSTRAINT_SCHEMA AND c.CONSTRAINT_NAME = t.CONSTRAINT_NAME
         WHERE ${catalog.inDatabase('t.CONSTRAINT_SCHEMA')} AND t.CONSTRAINT_TYPE = 'CHECK'`,
  );
  return rows.map((row) => ({
    ...factOf('check', row, ['table', 'constraintName']),
    // A check of a column and one of the table may have one name.
    ...(row['level'] === 'Column' ? { name: `column ${factOf('', row, ['table', 'constraintName']).name}` } : {}),
  }));
};

/** Rows that follow each other and have the same values in some columns. */
function grouped(rows: readonly Row[], columns: readonly string[]): readonly (readonly Row[])[] {
  return [...Map.groupBy(rows, (row) => factOf('', row, columns).name).values()];
}

/** What a table's columns are tied together with. */
export const keyParts: readonly InventoryPart[] = [indexes, foreignKeys, checks];
