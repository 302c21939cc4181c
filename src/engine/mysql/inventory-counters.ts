import type { Fact } from '../../manifest/manifest.ts';
import { openCatalog, type Catalog } from './catalog.ts';
import { factOf, type Row } from './inventory-query.ts';
import { quoteName } from './quote.ts';
import type { Session } from './session.ts';

/**
 * Where each AUTO_INCREMENT column and each sequence of a database goes on: facts `auto-increment` and `sequence-state` with
 * `low` and `high`, equal here. Neither is part of a snapshot, so they are read before and after a dump (`widenCounters`).
 */
export async function readCounters(session: Session, database: string): Promise<readonly Fact[]> {
  const catalog = await openCatalog(session, database);
  const tables = await session.query<{ name: string; next: string | null }>(
    `SELECT TABLE_NAME AS name, AUTO_INCREMENT AS next FROM information_schema.TABLES WHERE ${catalog.inDatabase('TABLE_SCHEMA')} AND TABLE_TYPE <> 'VIEW'`,
  );
  const columns = await session.query<{ name: string }>(
    `SELECT TABLE_NAME AS name FROM information_schema.COLUMNS WHERE ${catalog.inDatabase('TABLE_SCHEMA')} AND EXTRA LIKE '%auto_increment%'`,
  );
  const counting = new Set(columns.map(({ name }) => name));
  const facts = tables
    .filter(({ name }) => counting.has(name))
    // A new table may have no number yet; its first one is 1.
    .map(({ name, next }) => counter('auto-increment', name, { next: next ?? '1' }));
  const sequences = await sequenceRows(catalog);
  return [
    ...facts,
    ...sequences.map(({ name, next, cycles }) =>
      counter('sequence-state', name ?? '', { next: next ?? null, cycles: cycles ?? null }),
    ),
  ];
}

const counter = (kind: string, name: string, state: Readonly<Record<string, string | null>>): Fact => ({
  kind,
  name: quoteName(name),
  value: { low: state, high: state },
});

/** `facts` with what was read later as `high`. A counter that is gone or new since keeps what there is. */
export function widenCounters(facts: readonly Fact[], later: readonly Fact[]): readonly Fact[] {
  const states = new Map(later.map(({ kind, name, value }) => [`${kind} ${name}`, value['high']]));
  return facts.map((fact) => {
    const high = states.get(`${fact.kind} ${fact.name}`);
    return high === undefined ? fact : { ...fact, value: { ...fact.value, high } };
  });
}

/** The definitions of MariaDB's sequences. */
export async function readSequences(catalog: Catalog): Promise<readonly Fact[]> {
  const rows = await sequenceRows(catalog);
  const types =
    catalog.has('SEQUENCES.DATA_TYPE') && rows.length > 0 ? await sequenceTypes(catalog) : new Map<string, string>();
  return rows.map((row) => {
    const definition = Object.fromEntries(Object.entries(row).filter(([field]) => !ofState.has(field)));
    const fact = factOf('sequence', definition, ['name']);
    const type = types.get(row['name'] ?? '');
    return { ...fact, value: { ...fact.value, ...(type === undefined ? {} : { type }) } };
  });
}

const ofState: ReadonlySet<string> = new Set(['next', 'cycles']);

/** A sequence is read like a table of one row (MariaDB manual, "Sequence Overview"); many in one statement. */
async function sequenceRows({ session, database, inDatabase }: Catalog): Promise<readonly Row[]> {
  const found = await session.query<{ name: string; engine: string | null; comment: string | null }>(
    `SELECT TABLE_NAME AS name, ENGINE AS engine, NULLIF(TABLE_COMMENT, '') AS comment
     FROM information_schema.TABLES WHERE ${inDatabase('TABLE_SCHEMA')} AND TABLE_TYPE = 'SEQUENCE' ORDER BY TABLE_NAME`,
  );
  const rows: Row[] = [];
  for (let at = 0; at < found.length; at += atOnce) {
    const some = found.slice(at, at + atOnce);
    const sql = some.map(
      (
        { name },
        index,
      ) => `SELECT ${index} AS number, start_value AS start, minimum_value AS minimum, maximum_value AS maximum, increment,
          cache_size AS cache, cycle_option AS cycle, next_not_cached_value AS next, cycle_count AS cycles
        FROM ${quoteName(database)}.${quoteName(name)}`,
    );
    for (const { number, ...row } of await session.query<Row>(sql.join('\nUNION ALL ')))
      rows.push({ ...some[Number(number)], ...row });
  }
  return rows;
}

/** As many as one statement joins without opening too many tables. */
const atOnce = 50;

/** Other types than bigint exist from 11.5 on. */
async function sequenceTypes({ session, inDatabase }: Catalog): Promise<ReadonlyMap<string, string>> {
  const rows = await session.query<{ name: string; type: string }>(
    `SELECT SEQUENCE_NAME AS name, DATA_TYPE AS type FROM information_schema.SEQUENCES WHERE ${inDatabase('SEQUENCE_SCHEMA')}`,
  );
  return new Map(rows.map(({ name, type }) => [name, type]));
}
