import { OperationError } from '../../base/operation-error.ts';
import { accountKey, type AccountBook } from './account-book.ts';
import { accountFlavours } from './account-flavour.ts';
import { readDatabaseGrants } from './database-grants.ts';
import { definerOf, readDefiners } from './definers.ts';
import type { Flavour } from './flavour.ts';
import { readMariadbAccounts } from './mariadb-accounts.ts';
import { readMysqlAccounts } from './mysql-accounts.ts';
import { readObjectGrants } from './object-grants.ts';
import { QueryError } from './query-error.ts';
import type { Account } from './quote.ts';
import type { Session } from './session.ts';

/** What the two vendors keep in different tables. */
export type ServerAccounts = Omit<
  AccountBook,
  'databaseGrants' | 'objectGrants' | 'stale' | 'definers' | 'plugins' | 'login' | 'isAdministrator'
>;

const readers: Readonly<
  Record<Flavour['name'], (session: Session, isBootstrap: (account: Account) => boolean) => Promise<ServerAccounts>>
> = { mysql: readMysqlAccounts, mariadb: readMariadbAccounts };

/**
 * Reads the accounts of the server and the grants of one database from the grant tables. Throws `capture/refused` where the
 * login may not read them: there is no other way to learn who may do what.
 */
export async function readAccounts(session: Session, flavour: Flavour, database: string): Promise<AccountBook> {
  try {
    const vendor = accountFlavours[flavour.name];
    const [server] = await session.query<{ hostname: string; me: string }>(
      'SELECT @@hostname AS hostname, CURRENT_USER() AS me',
    );
    const bootstrapHosts = new Set([...vendor.bootstrapHosts, server?.hostname ?? '']);
    const isBootstrap = ({ user, host }: Account): boolean =>
      (vendor.bootstrapUsers.includes(user) && bootstrapHosts.has(host)) ||
      vendor.bootstrapAccounts.includes(`${user}@${host}`);
    const own = new Set(flavour.ownAccounts);
    const accounts = await readers[flavour.name](session, isBootstrap);
    const known = new Set(accounts.accounts.map(accountKey));
    // Rows of accounts that are gone mean nothing, and of those that belong to the server nothing is carried.
    const counts = (account: Account): boolean =>
      !own.has(account.user) && (known.has(accountKey(account)) || isPublic(flavour, account));
    const objects = await readObjectGrants(session, database, new Set(accounts.accounts.map(({ user }) => user)));
    return {
      accounts: accounts.accounts.filter(({ user }) => !own.has(user)),
      edges: accounts.edges.filter(({ role, member }) => counts(role) && counts(member)),
      defaults: accounts.defaults.filter(({ account }) => counts(account)),
      mandatory: accounts.mandatory,
      proxies: accounts.proxies.filter(({ account }) => counts(account)),
      globals: accounts.globals.filter(({ grantee }) => counts(grantee)),
      revokes: accounts.revokes.filter(({ account }) => counts(account)),
      databaseGrants: (await readDatabaseGrants(session, flavour, database)).filter(({ grantee }) => counts(grantee)),
      objectGrants: objects.grants.filter(({ grantee }) => counts(grantee)),
      stale: objects.stale.filter(({ grantee }) => counts(grantee)),
      definers: await readDefiners(session, database),
      plugins: await readPlugins(session),
      passwordsReadable: accounts.passwordsReadable,
      login: definerOf(server?.me ?? ''),
      isAdministrator: ({ user }) => vendor.bootstrapUsers.includes(user),
    };
  } catch (error) {
    if (!(error instanceof QueryError) || !denied.has(error.errno ?? 0)) throw error;
    throw new OperationError('capture/refused', 'the login may not read the server’s grant tables', {
      hint: `${error.message}. Grant the login SELECT on the database mysql.`,
    });
  }
}

/** Everybody, of MariaDB from 10.11 on. */
export const isPublic = (flavour: Flavour, { user, host }: Account): boolean =>
  accountFlavours[flavour.name].publicRole === user && host === '';

/** Access denied: to a database, to a table, to a column, for want of another privilege. */
const denied: ReadonlySet<number> = new Set([1044, 1142, 1143, 1227]);

async function readPlugins(session: Session): Promise<ReadonlyMap<string, string>> {
  const rows = await session.query<{ name: string; library: string }>(
    `SELECT PLUGIN_NAME AS name, PLUGIN_LIBRARY AS \`library\` FROM information_schema.PLUGINS
     WHERE PLUGIN_TYPE = 'AUTHENTICATION' AND PLUGIN_STATUS = 'ACTIVE' AND PLUGIN_LIBRARY IS NOT NULL`,
  );
  return new Map(rows.map(({ name, library }) => [name, library.replace(/\.so$/, '')]));
}
