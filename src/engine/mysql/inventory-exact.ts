import { createHash } from 'node:crypto';
import type { Fact } from '../../manifest/manifest.ts';
import type { Catalog } from './catalog.ts';
import { outsideQuotes, withoutDatabase } from './neutral-name.ts';
import { QueryError } from './query-error.ts';
import { quoteName } from './quote.ts';
import { withoutDirectories } from './table-directories.ts';

/**
 * information_schema writes `?` for every character outside Unicode's first plane, because its columns are utf8mb3, and
 * leaves out parsers of fulltext indexes and what rare storage engines are told. What that can be so of gets a hash of its
 * statement as `statementSha256`; few things are asked for one by one therefore.
 */
export async function withExactStatements(catalog: Catalog, facts: readonly Fact[]): Promise<readonly Fact[]> {
  const tables = new Set(facts.flatMap(tableToRead));
  const exact: Fact[] = [];
  for (const fact of facts) {
    const { kind, name, value } = fact;
    const { inexact, ...rest } = value;
    const word = kind === 'routine' ? name : `${kind} ${name}`;
    const read = kind === 'table' ? tables.has(name) : inexact !== undefined;
    const statement = read ? await statementOf(catalog, word) : undefined;
    const statementSha256 = statement === undefined ? {} : { statementSha256: sha256(statement) };
    exact.push({ ...fact, value: { ...rest, ...statementSha256 } });
  }
  return exact;
}

/** A column for queries: whether a text has what may stand for something else. */
export const inexactness = (column: string): string => `IF(INSTR(${column}, '?') > 0, 'yes', NULL) AS inexact`;

/** The table, quoted, whose statement says more than this fact does. */
function tableToRead({ kind, name, value }: Fact): readonly string[] {
  if (kind === 'table') return plainEngines.has(String(value['engine'])) ? [] : [name];
  if (kind === 'index')
    return value['type'] === 'FULLTEXT' || JSON.stringify(value).includes('?') ? [tableOf(name)] : [];
  if (kind === 'column') return texts(value, ['type', 'default', 'generatedAs']).includes('?') ? [tableOf(name)] : [];
  if (kind === 'check') return texts(value, ['clause']).includes('?') ? [tableOf(name)] : [];
  return [];
}

/** Their tables are described by information_schema. */
const plainEngines: ReadonlySet<string> = new Set([
  'InnoDB',
  'MyISAM',
  'Aria',
  'MEMORY',
  'ARCHIVE',
  'CSV',
  'BLACKHOLE',
]);

const texts = (value: Fact['value'], fields: readonly string[]): string =>
  fields
    .map((field) => value[field])
    .filter((text) => typeof text === 'string')
    .join(' ');

/** `` `t` `` of `` `t`.`c` `` and of `` column `t`.`c` ``. */
const tableOf = (name: string): string => /`(?:[^`]|``)*`/.exec(name)?.[0] ?? name;

/** `what` is as SHOW CREATE has it, its name quoted. Undefined where the login may not see it, or it cannot be used. */
async function statementOf({ session, database }: Catalog, what: string): Promise<string | undefined> {
  const at = what.indexOf('`');
  try {
    const [row = {}] = await session.query(`SHOW CREATE ${what.slice(0, at)}${quoteName(database)}.${what.slice(at)}`);
    const column = Object.keys(row).find((name) => name.startsWith('Create ') || name === 'SQL Original Statement');
    const statement = column === undefined ? undefined : row[column];
    if (typeof statement !== 'string') return undefined;
    return outsideQuotes(withoutDatabase(withoutDirectories(statement).text, database), (bare) =>
      bare.replaceAll(saidElsewhere, ''),
    ).replace(/[; ]+$/, '');
  } catch (error) {
    if (error instanceof QueryError && unusable.has(error.errno ?? 0)) return undefined;
    throw error;
  }
}

/**
 * How far numbers are is another fact; so are collations, and a restored column may say the same one in more words. A
 * restored Aria table says what it has by default.
 */
const saidElsewhere = / (?:AUTO_INCREMENT=\d+|(?:DEFAULT )?(?:CHARACTER SET|CHARSET|COLLATE)[ =]\w+|PAGE_CHECKSUM=1)/g;

/** Not allowed; something it needs is missing (both manuals, "Server Error Message Reference"). */
const unusable: ReadonlySet<number> = new Set([1142, 1143, 1146, 1227, 1305, 1356, 1449]);

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
