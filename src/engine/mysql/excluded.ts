import type { Degradation, Fact } from '../../manifest/manifest.ts';
import type { DumpObjects } from './dump-tables.ts';
import { quoteName } from './quote.ts';
import type { Session } from './session.ts';

/** What a policy leaves out of a dump. */
export interface Excluded {
  readonly degradations: readonly Degradation[];
  /** Facts of what the dump holds: without the excluded relations, their columns, indexes, triggers, grants and so on. */
  without(facts: readonly Fact[]): readonly Fact[];
}

/**
 * What the policy leaves out of a database, each relation by name, and what the backup has that cannot be restored without
 * it.
 */
export async function exclusions(
  session: Session,
  database: string,
  { tables, excluded }: DumpObjects,
): Promise<Excluded> {
  const names = new Set(excluded);
  const needs = names.size === 0 ? [] : await readNeeds(session, database, names);
  const quoted = excluded.map(quoteName);
  return {
    degradations: [
      ...quoted.map((subject) => ({
        code: 'table-excluded' as const,
        subject,
        detail: 'the policy leaves this table out',
      })),
      ...excluded.flatMap((name) => {
        const by = needs.filter(({ of }) => of === name).map(({ what }) => what);
        return by.length === 0
          ? []
          : {
              code: 'object-not-restorable' as const,
              subject: quoteName(name),
              detail: `the policy leaves this table out, and the backup has what needs it: ${by.slice(0, 10).join(', ')}`,
            };
      }),
      ...tables
        .filter((table) => table.excluded === 'data')
        .map(({ name }) => ({
          code: 'table-data-excluded' as const,
          subject: name,
          detail: 'the policy leaves the rows of this table out',
        })),
    ],
    without: (facts) =>
      names.size === 0 ? facts : facts.filter((fact) => !quoted.some((name) => isOf(fact, name, names))),
  };
}

/** Facts of a table are named by it, or by it and a part of it; grants have it in a field. */
function isOf({ kind, name, value }: Fact, quoted: string, names: ReadonlySet<string>): boolean {
  if (kind === 'grant')
    return typeof value['object'] === 'string' && names.has(value['object']) && value['level'] === 'object';
  if (kind === 'trigger') return value['table'] === quoted;
  return ofTables.has(kind) && (name === quoted || name.startsWith(`${quoted}.`));
}

const ofTables: ReadonlySet<string> = new Set([
  'table',
  'column',
  'index',
  'foreign-key',
  'check',
  'partition',
  'period',
  'view',
  'sequence',
  'sequence-state',
  'auto-increment',
  'histogram',
  'rows',
]);

interface Need {
  readonly of: string;
  readonly what: string;
}

/** Foreign keys of other tables, and views: their texts have every name quoted, with its database. */
async function readNeeds(session: Session, database: string, names: ReadonlySet<string>): Promise<readonly Need[]> {
  const keys = await session.query<{ name: string; table: string; of: string }>(
    `SELECT CONSTRAINT_NAME AS name, TABLE_NAME AS \`table\`, REFERENCED_TABLE_NAME AS \`of\`
     FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ? ORDER BY 2, 1`,
    [database],
  );
  const views = await session.query<{ name: string; text: string }>(
    'SELECT TABLE_NAME AS name, VIEW_DEFINITION AS text FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ? ORDER BY 1',
    [database],
  );
  return [
    ...keys
      .filter(({ of, table }) => names.has(of) && !names.has(table))
      .map(({ of, name, table }) => ({ of, what: `foreign key ${quoteName(name)} of ${quoteName(table)}` })),
    ...[...names].flatMap((of) =>
      views
        .filter(({ name, text }) => !names.has(name) && text.includes(`${quoteName(database)}.${quoteName(of)}`))
        .map(({ name }) => ({ of, what: `view ${quoteName(name)}` })),
    ),
  ];
}
