import type { Fact } from '../../manifest/manifest.ts';
import { factOf, unlessEmpty, type InventoryContext, type InventoryPart, type Row } from './inventory-query.ts';
import { withoutDatabase } from './neutral-name.ts';
import { withoutDirectories } from './table-directories.ts';

/** The database's own properties, without its name: it may come back under another one. */
const database: InventoryPart = async ({ catalog }) => {
  const rows = await catalog.session.query<Row>(`
    SELECT DEFAULT_CHARACTER_SET_NAME AS characterSet, DEFAULT_COLLATION_NAME AS collation,
      NULLIF(${catalog.has('SCHEMATA.DEFAULT_ENCRYPTION') ? 'DEFAULT_ENCRYPTION' : "'NO'"}, 'NO') AS encryption,
      NULLIF(${catalog.has('SCHEMATA.SCHEMA_COMMENT') ? 'SCHEMA_COMMENT' : "''"}, '') AS comment
    FROM information_schema.SCHEMATA WHERE ${catalog.inDatabase('SCHEMA_NAME')}`);
  const options = catalog.has('SCHEMATA_EXTENSIONS.OPTIONS')
    ? await catalog.session.query<Row>(
        `SELECT ${unlessEmpty('OPTIONS', 'options')} FROM information_schema.SCHEMATA_EXTENSIONS WHERE ${catalog.inDatabase('SCHEMA_NAME')}`,
      )
    : [];
  return rows.map((row) => ({ ...factOf('database', { ...row, ...options[0] }, []), name: 'this database' }));
};

/**
 * `columns`: their order is a property of the table, so that a missing one is one difference and not one per column after it.
 */
const tables: InventoryPart = async (context) => {
  const { catalog } = context;
  const rows = await catalog.session.query<Row>(`
    SELECT TABLE_NAME AS name, TABLE_TYPE AS type, ENGINE AS engine, ROW_FORMAT AS rowFormat, TABLE_COLLATION AS collation,
      CREATE_OPTIONS AS createOptions, ${unlessEmpty('TABLE_COMMENT', 'comment')}
    FROM information_schema.TABLES
    WHERE ${catalog.inDatabase('TABLE_SCHEMA')} AND TABLE_TYPE NOT IN ('VIEW', 'SYSTEM VIEW', 'SEQUENCE', 'TEMPORARY')`);
  const columnsOf = Map.groupBy(await columnRows(context), ({ table }) => table);
  return rows.map((row) => {
    const fact = factOf('table', row, ['name']);
    const columns = (columnsOf.get(row['name'] ?? null) ?? []).map(({ column = null }) => column);
    return { ...fact, value: { ...fact.value, createOptions: optionsOf(row), columns } };
  });
};

/** A dump spells out what an Aria table has by default. Directories are the server's. */
function optionsOf({ createOptions }: Row): readonly string[] {
  return withoutDirectories(createOptions ?? '')
    .text.split(' ')
    .filter((option) => option !== '' && option !== 'page_checksum=1');
}

/** A default is an expression where `extra` says DEFAULT_GENERATED (MySQL); MariaDB quotes it where it is a text. */
const columns: InventoryPart = async (context) => {
  const srids = await spatialReferences(context);
  return (await columnRows(context)).map((row) => {
    const fact = factOf('column', row, ['table', 'column']);
    const { default: defaultValue, extra } = row;
    const { database: name } = context.catalog;
    // Only expressions name things: a literal may look like anything.
    const expression = context.catalog.has('COLUMNS.IS_GENERATED') || (extra ?? '').includes('DEFAULT_GENERATED');
    return {
      ...fact,
      value: {
        ...fact.value,
        ...(typeof defaultValue === 'string' && expression ? { default: withoutDatabase(defaultValue, name) } : {}),
        ...srids.get(fact.name),
      },
    };
  });
};

/** In the order of their tables' definitions. Views have their columns from their definitions. */
async function columnRows({ catalog, tables: known }: InventoryContext): Promise<readonly Row[]> {
  const rows = await catalog.session.query<Row>(`
    SELECT TABLE_NAME AS \`table\`, COLUMN_NAME AS \`column\`, COLUMN_TYPE AS type, NULLIF(IS_NULLABLE, 'NO') AS nullable,
      COLUMN_DEFAULT AS \`default\`, ${unlessEmpty('EXTRA', 'extra')}, ${unlessEmpty('GENERATION_EXPRESSION', 'generatedAs')},
      COLLATION_NAME AS collation, ${unlessEmpty('COLUMN_COMMENT', 'comment')}, ${catalog.optional('COLUMNS.SRS_ID', 'srid')},
      NULLIF(${catalog.has('COLUMNS.IS_SYSTEM_TIME_PERIOD_START') ? 'IS_SYSTEM_TIME_PERIOD_START' : "'NO'"}, 'NO') AS periodStart,
      NULLIF(${catalog.has('COLUMNS.IS_SYSTEM_TIME_PERIOD_END') ? 'IS_SYSTEM_TIME_PERIOD_END' : "'NO'"}, 'NO') AS periodEnd
    FROM information_schema.COLUMNS WHERE ${catalog.inDatabase('TABLE_SCHEMA')} ORDER BY TABLE_NAME, ORDINAL_POSITION`);
  return rows.filter(({ table }) => known.has(table ?? ''));
}

/** MariaDB has them apart (manual, "Information Schema GEOMETRY_COLUMNS Table"). */
async function spatialReferences({ catalog }: InventoryContext): Promise<ReadonlyMap<string, Fact['value']>> {
  if (!catalog.has('GEOMETRY_COLUMNS.SRID')) return new Map();
  const rows = await catalog.session.query<Row>(`
    SELECT G_TABLE_NAME AS \`table\`, G_GEOMETRY_COLUMN AS \`column\`, NULLIF(SRID, 0) AS srid
    FROM information_schema.GEOMETRY_COLUMNS WHERE ${catalog.inDatabase('G_TABLE_SCHEMA')}`);
  return new Map(rows.map((row) => factOf('', row, ['table', 'column'])).map(({ name, value }) => [name, value]));
}

const partitions: InventoryPart = async ({ catalog }) => {
  const rows = await catalog.session.query<Row>(`
    SELECT TABLE_NAME AS \`table\`, PARTITION_NAME AS partitionName, SUBPARTITION_NAME AS subpartitionName,
      PARTITION_ORDINAL_POSITION AS position, SUBPARTITION_ORDINAL_POSITION AS subposition, PARTITION_METHOD AS method,
      SUBPARTITION_METHOD AS submethod, PARTITION_EXPRESSION AS expression, SUBPARTITION_EXPRESSION AS subexpression,
      PARTITION_DESCRIPTION AS bound, ${unlessEmpty('PARTITION_COMMENT', 'comment')}, TABLESPACE_NAME AS tablespace,
      NULLIF(NULLIF(NODEGROUP, 'default'), '') AS nodeGroup
    FROM information_schema.PARTITIONS WHERE ${catalog.inDatabase('TABLE_SCHEMA')} AND PARTITION_NAME IS NOT NULL`);
  return rows.map((row) => factOf('partition', row, ['table', 'partitionName', 'subpartitionName']));
};

/** Periods of application time and of system versioning; MariaDB from 11.4 on tells them. */
const periods: InventoryPart = async ({ catalog }) => {
  if (!catalog.has('PERIODS.PERIOD')) return [];
  const rows = await catalog.session.query<Row>(`
    SELECT TABLE_NAME AS \`table\`, PERIOD AS period, START_COLUMN_NAME AS start, END_COLUMN_NAME AS end
    FROM information_schema.PERIODS WHERE ${catalog.inDatabase('TABLE_SCHEMA')}`);
  return rows.map((row) => factOf('period', row, ['table', 'period']));
};

/** Attributes for storage engines, of tables, columns and indexes (MySQL manual, "TABLES_EXTENSIONS"). */
const engineAttributes: InventoryPart = async ({ catalog }) => {
  const facts: Fact[] = [];
  for (const [view, part] of [
    ['TABLES_EXTENSIONS', 'NULL'],
    ['COLUMNS_EXTENSIONS', 'COLUMN_NAME'],
    ['TABLE_CONSTRAINTS_EXTENSIONS', 'CONSTRAINT_NAME'],
  ] as const) {
    if (!catalog.has(`${view}.ENGINE_ATTRIBUTE`)) continue;
    const schema = view.startsWith('TABLE_CONSTRAINTS') ? 'CONSTRAINT_SCHEMA' : 'TABLE_SCHEMA';
    const rows = await catalog.session.query<Row>(`
      SELECT TABLE_NAME AS \`table\`, ${part} AS part, ENGINE_ATTRIBUTE AS attribute, SECONDARY_ENGINE_ATTRIBUTE AS secondary
      FROM information_schema.${view} WHERE ${catalog.inDatabase(schema)}
        AND (ENGINE_ATTRIBUTE IS NOT NULL OR SECONDARY_ENGINE_ATTRIBUTE IS NOT NULL)`);
    facts.push(...rows.map((row) => factOf('engine-attribute', row, ['table', 'part'])));
  }
  return facts;
};

/** Only how each was asked for: its values are made from the rows (MySQL manual, "Optimizer Statistics"). */
const histograms: InventoryPart = async ({ catalog }) => {
  if (!catalog.has('COLUMN_STATISTICS.HISTOGRAM')) return [];
  const rows = await catalog.session.query<Row>(`
    SELECT TABLE_NAME AS \`table\`, COLUMN_NAME AS \`column\`, HISTOGRAM->>'$."number-of-buckets-specified"' AS buckets
    FROM information_schema.COLUMN_STATISTICS WHERE ${catalog.inDatabase('SCHEMA_NAME')}`);
  return rows.map((row) => factOf('histogram', row, ['table', 'column']));
};

/** Tables that hold rows and what they are made of. */
export const tableParts: readonly InventoryPart[] = [
  database,
  tables,
  columns,
  partitions,
  periods,
  engineAttributes,
  histograms,
];
