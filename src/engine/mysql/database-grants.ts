import type { DatabaseGrant } from './account-book.ts';
import { accountFlavours } from './account-flavour.ts';
import { matchesPattern, unescaped } from './database-pattern.ts';
import type { Flavour } from './flavour.ts';
import { privilegeColumns, privilegesIn, readColumns } from './privilege-columns.ts';
import type { Session } from './session.ts';

/** The grants on a database and on patterns that cover it. */
export async function readDatabaseGrants(
  session: Session,
  flavour: Flavour,
  database: string,
): Promise<readonly DatabaseGrant[]> {
  const columns = privilegeColumns(await readColumns(session, 'db'));
  const names = ['User', 'Host', 'Db', 'Grant_priv', ...columns.map(({ column }) => column)];
  const rows = await session.query<Record<string, string | null>>(
    `SELECT ${names.join(', ')} FROM mysql.db ORDER BY User, Host, Db`,
  );
  const literal = await readsNamesLiterally(session, flavour);
  return rows
    .filter(({ Db }) => (literal ? Db === database : matchesPattern(Db ?? '', database)))
    .map((row) => ({
      grantee: { user: row['User'] ?? '', host: row['Host'] ?? '' },
      pattern: literal || unescaped(row['Db'] ?? '') === database ? null : (row['Db'] ?? ''),
      privileges: privilegesIn(row, columns),
      grantOption: row['Grant_priv'] === 'Y',
    }));
}

/**
 * Whether grants name databases and no patterns: with partial revokes they do (MySQL manual, "Privilege Restriction Using
 * Partial Revokes").
 */
export async function readsNamesLiterally(session: Session, flavour: Flavour): Promise<boolean> {
  const { literalNamesSql } = accountFlavours[flavour.name];
  if (literalNamesSql === undefined) return false;
  const [row] = await session.query<{ literal: string }>(literalNamesSql);
  return row?.literal === '1';
}
