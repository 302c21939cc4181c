import { InternalError } from '../../base/operation-error.ts';
import type { Fact } from '../../manifest/manifest.ts';
import { quoteName } from './quote.ts';

/** The database of an inventory, typed. */
export interface DatabaseFact {
  readonly characterSet: string;
  readonly collation: string;
  /** `YES`: new tables are encrypted (MySQL). */
  readonly encryption?: string;
  /** MariaDB has one. */
  readonly comment?: string;
}

/** Throws where the facts have no database, which no inventory lacks. */
export function databaseFact(facts: readonly Fact[]): DatabaseFact {
  const fact = facts.find(({ kind }) => kind === 'database');
  if (fact === undefined) throw new InternalError('an inventory without its database');
  return fact.value as unknown as DatabaseFact;
}

/** `CREATE DATABASE` with every property, from the facts: another name is only another name. */
export function databaseStatement(facts: readonly Fact[], name: string): string {
  const { characterSet, collation, encryption, comment } = databaseFact(facts);
  const parts = [
    `CREATE DATABASE ${quoteName(name)} CHARACTER SET ${characterSet} COLLATE ${collation}`,
    ...(encryption === undefined ? [] : [`ENCRYPTION '${encryption === 'YES' ? 'Y' : 'N'}'`]),
    ...(comment === undefined ? [] : [`COMMENT ${commentLiteral(comment)}`]),
  ];
  return parts.join(' ');
}

/** The same as a script for a person. */
export function databaseSql(facts: readonly Fact[], name: string): string {
  return `-- The database of one Holdfast backup. Run as root, after the accounts.\nSET NAMES utf8mb4;\nSET SESSION sql_mode = '';\n${databaseStatement(facts, name)};\n`;
}

/** COMMENT takes no hexadecimal literal; the script's sql_mode makes a backslash an escape. */
const commentLiteral = (comment: string): string => `'${comment.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/**
 * Defaults that take the next number of a sequence: the dump names the sequence with the source's database. Under another
 * name they have to be set anew, with the restored database as the default one, after its tables are there.
 */
export function sequenceDefaults(facts: readonly Fact[]): readonly string[] {
  return facts.flatMap(({ kind, name, value }) => {
    const { default: text } = value;
    if (kind !== 'column' || typeof text !== 'string' || !/^[^'"]*\bnextval\(/i.test(text)) return [];
    const [, table, column] = /^(`(?:[^`]|``)*`)\.(`(?:[^`]|``)*`)$/.exec(name) ?? [];
    return [`ALTER TABLE ${table} ALTER COLUMN ${column} SET DEFAULT (${text})`];
  });
}
