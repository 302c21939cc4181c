import type { DatabaseGrant, GlobalPrivileges, ObjectGrant } from './account-book.ts';
import { literal } from './account-literal.ts';
import { quoteGrantee } from './account-name.ts';
import type { AccountsSqlOptions } from './accounts-sql.ts';
import { escaped } from './database-pattern.ts';
import type { Flavour } from './flavour.ts';
import { quoteName } from './quote.ts';

const withGrant = (grantable: boolean): string => (grantable ? ' WITH GRANT OPTION' : '');

/** Nothing but the grant option needs a privilege that is none. */
const listOf = (privileges: readonly string[]): string => (privileges.length === 0 ? 'USAGE' : privileges.join(', '));

/**
 * Static privileges share one grant option; dynamic ones have each their own (MySQL manual, "Privileges Provided by MySQL").
 */
export function globalGrantStatements(grant: GlobalPrivileges, flavour: Flavour): readonly string[] {
  const to = `ON *.* TO ${quoteGrantee(flavour, grant.grantee)}`;
  const dynamic = (grantable: boolean): readonly string[] =>
    Object.entries(grant.dynamic)
      .filter(([, own]) => own === grantable)
      .map(([privilege]) => privilege);
  const lists = [
    { privileges: grant.privileges, grantable: grant.grantOption, isNeeded: grant.grantOption },
    { privileges: dynamic(false), grantable: false, isNeeded: false },
    { privileges: dynamic(true), grantable: true, isNeeded: false },
  ];
  return lists
    .filter(({ privileges, isNeeded }) => isNeeded || privileges.length > 0)
    .map(({ privileges, grantable }) => `GRANT ${listOf(privileges)} ${to}${withGrant(grantable)}`);
}

export function databaseGrantStatement(grant: DatabaseGrant, options: AccountsSqlOptions): string {
  const database = options.as ?? options.database;
  const literalName = options.literalNames ? database : escaped(database);
  // Under another name a pattern could reach databases that it never did.
  const on = grant.pattern === null || options.as !== undefined ? literalName : grant.pattern;
  return `GRANT ${listOf(grant.privileges)} ON ${quoteName(on)}.* TO ${quoteGrantee(options.flavour, grant.grantee)}${withGrant(grant.grantOption)}`;
}

/** One grant on a table, a view, columns or a routine. */
export function objectGrantStatements(grant: ObjectGrant, options: AccountsSqlOptions): readonly string[] {
  const database = options.as ?? options.database;
  const columns = Object.entries(grant.columns).map(
    ([privilege, names]) => `${privilege} (${names.map(quoteName).join(', ')})`,
  );
  const isRelation = grant.objectKind === 'table' || grant.objectKind === 'view';
  const kind = isRelation ? 'TABLE' : grant.objectKind.toUpperCase();
  const statement = `GRANT ${listOf([...grant.privileges, ...columns])} ON ${kind} ${quoteName(database)}.${quoteName(grant.object)} TO ${quoteGrantee(options.flavour, grant.grantee)}${withGrant(grant.grantOption)}`;
  if (grant.objectKind === 'view')
    return [
      `SET @holdfast_sql = IF(EXISTS(SELECT 1 FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ${literal(database)} AND TABLE_NAME = ${literal(grant.object)}), ${literal(statement)}, 'DO 0')`,
      'PREPARE holdfast_grant FROM @holdfast_sql',
      'EXECUTE holdfast_grant',
      'DEALLOCATE PREPARE holdfast_grant',
    ];
  // Only the parser of this mode knows packages in older releases of MariaDB; it reads quotes the same as far as we use them.
  if (grant.objectKind.startsWith('package'))
    return [
      "SET SESSION sql_mode = 'ORACLE,NO_BACKSLASH_ESCAPES'",
      statement,
      "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'",
    ];
  return [statement];
}
