import { createHash } from 'node:crypto';
import type { Fact } from '../../manifest/manifest.ts';
import type { Catalog } from './catalog.ts';
import { withoutOuterParentheses } from './neutral-joins.ts';
import { outsideQuotes, withoutDatabase } from './neutral-name.ts';
import { showCreate } from './show-create.ts';
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

async function statementOf(catalog: Catalog, what: string): Promise<string | undefined> {
  const shown = await showCreate(catalog, what);
  if (shown === undefined) return undefined;
  const neutral = withoutDatabase(withoutDirectories(shown.statement).text, catalog.database);
  const text = what.startsWith('view ') ? withoutOuterParentheses(neutral) : neutral;
  return outsideQuotes(text, (bare) => bare.replaceAll(saidElsewhere, '')).replace(/[; ]+$/, '');
}

/**
 * How far numbers are is another fact; so are collations, and a restored column may say the same one in more words. A
 * restored Aria table says what it has by default.
 */
const saidElsewhere = / (?:AUTO_INCREMENT=\d+|(?:DEFAULT )?(?:CHARACTER SET|CHARSET|COLLATE)[ =]\w+|PAGE_CHECKSUM=1)/g;

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
