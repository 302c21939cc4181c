import type { Degradation, Holds } from '../../manifest/manifest.ts';
import { accountKey, type AccountBook, type AccountRecord } from './account-book.ts';
import { isMeant, plainName } from './account-name.ts';
import type { Account } from './quote.ts';

/** Accounts that a backup holds. Those that came with the server (root@localhost) are no part of it. */
export interface AccountScope {
  /** Keys of `accountKey`. */
  readonly accounts: ReadonlySet<string>;
  /** The same by name, each with every reason why. */
  readonly why: readonly { readonly name: string; readonly why: readonly string[] }[];
  /** Whether it holds what MariaDB's PUBLIC may do, which belongs to the database and to no account. */
  readonly everybody: boolean;
  readonly degradations: readonly Degradation[];
}

/**
 * Which accounts belong to a backup. `referenced`: what has grants on the database and its objects and in whose name its code
 * runs, then downwards (members and proxies, transitively: who can use it), then upwards (roles and proxied accounts: what
 * those may do). Never downwards again from a parent: that reaches the whole server. Accounts that only privileges on the
 * whole server lead here are named and left out.
 */
export function accountScope(book: AccountBook, holds: Holds, database: string): AccountScope {
  const records = new Map(
    book.accounts.filter(({ isBootstrap }) => !isBootstrap).map((record) => [accountKey(record), record]),
  );
  const why = new Map<string, Set<string>>();
  const include = (account: Account, reason: string): boolean => {
    const key = accountKey(account);
    if (!records.has(key)) return false;
    const reasons = why.get(key);
    if (reasons !== undefined) {
      reasons.add(reason);
      return false;
    }
    why.set(key, new Set([reason]));
    return true;
  };
  const named = (patterns: readonly string[]): readonly AccountRecord[] =>
    [...records.values()].filter((record) => isMeant(patterns, record));
  for (const { account, why: reason } of references(book, database)) include(account, reason);
  const needed = new Map([...why].map(([key, reasons]) => [key, [...reasons].sort()]));

  if (holds.roles !== 'referenced') why.clear();
  if (holds.roles === 'all') for (const record of records.values()) include(record, 'every account');
  if (holds.roles === 'listed') for (const record of named(holds.include)) include(record, 'listed');
  if (holds.roles === 'referenced') {
    closeDown(book, why, include);
    for (const record of named(holds.include)) include(record, 'included by the policy');
  }
  if (holds.roles === 'referenced' || holds.roles === 'listed') closeUp(book, why, include);
  if (holds.roles !== 'none') for (const record of named(holds.exclude)) why.delete(accountKey(record));

  const listed = [...why].map(([key, reasons]) => ({ name: nameOf(records, key), why: [...reasons].sort() }));
  return {
    accounts: new Set(why.keys()),
    everybody: holds.roles !== 'none',
    why: listed.sort((a, b) => (a.name < b.name ? -1 : 1)),
    degradations: [
      ...outsideScope(records, { needed, held: why, holds }),
      ...globalGrants(book, { records, held: why, holds }),
    ],
  };
}

/** What names an account in the database or for it. */
function references(
  book: AccountBook,
  database: string,
): readonly { readonly account: Account; readonly why: string }[] {
  return [
    ...book.databaseGrants.map(({ grantee }) => ({ account: grantee, why: 'grant on the database' })),
    ...book.objectGrants.map(({ grantee, objectKind, privileges, columns }) => ({
      account: grantee,
      why:
        privileges.length === 0 && Object.keys(columns).length > 0
          ? `grant on columns of a ${objectKind}`
          : `grant on a ${objectKind}`,
    })),
    ...book.definers,
    ...book.revokes
      .filter((revoke) => revoke.database === database)
      .map(({ account }) => ({ account, why: 'partial revoke on the database' })),
  ];
}

type Include = (account: Account, reason: string) => boolean;

function closeDown(book: AccountBook, why: ReadonlyMap<string, unknown>, include: Include): void {
  const members = Map.groupBy(book.edges, ({ role }) => accountKey(role));
  const proxies = Map.groupBy(book.proxies, ({ proxied }) => accountKey(proxied));
  const queue = [...why.keys()];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    for (const { role, member } of members.get(key) ?? [])
      if (include(member, `member of ${plainName(role)}`)) queue.push(accountKey(member));
    for (const { account, proxied } of proxies.get(key) ?? [])
      if (include(account, `proxy for ${plainName(proxied)}`)) queue.push(accountKey(account));
  }
}

function closeUp(book: AccountBook, why: ReadonlyMap<string, unknown>, include: Include): void {
  const roles = Map.groupBy(book.edges, ({ member }) => accountKey(member));
  const proxied = Map.groupBy(book.proxies, ({ account }) => accountKey(account));
  const queue = [...why.keys()];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    for (const { role, member } of roles.get(key) ?? [])
      if (include(role, `role of ${plainName(member)}`)) queue.push(accountKey(role));
    for (const one of proxied.get(key) ?? [])
      if (include(one.proxied, `proxied by ${plainName(one.account)}`)) queue.push(accountKey(one.proxied));
  }
}

type Records = ReadonlyMap<string, AccountRecord>;

const nameOf = (records: Records, key: string): string => {
  const record = records.get(key);
  return record === undefined ? key : plainName(record);
};

function outsideScope(
  records: Records,
  {
    needed,
    held,
    holds,
  }: {
    readonly needed: ReadonlyMap<string, readonly string[]>;
    readonly held: ReadonlyMap<string, unknown>;
    readonly holds: Holds;
  },
): readonly Degradation[] {
  const outside = [...needed].filter(([key]) => !held.has(key));
  if (outside.length === 0) return [];
  if (holds.roles === 'none')
    return [
      {
        code: 'roles-omitted',
        subject: 'roles',
        detail: `the database needs ${outside.length === 1 ? 'an account that is' : `${outside.length} accounts that are`} not in this backup, nor are their privileges: ${some(outside.map(([key]) => nameOf(records, key)).sort())}`,
      },
    ];
  return outside.map(([key, reasons]) => ({
    code: 'role-outside-scope',
    subject: nameOf(records, key),
    detail: `the database needs this account (${reasons.join(', ')}), and this backup leaves it and its privileges out`,
  }));
}

/** Privileges on the whole server that let somebody use a database. */
const reaching: ReadonlySet<string> = new Set([
  'ALL PRIVILEGES',
  'ALTER',
  'ALTER ROUTINE',
  'CREATE',
  'CREATE ROUTINE',
  'CREATE VIEW',
  'DELETE',
  'DROP',
  'EVENT',
  'EXECUTE',
  'INDEX',
  'INSERT',
  'LOCK TABLES',
  'REFERENCES',
  'SELECT',
  'SHOW VIEW',
  'TRIGGER',
  'UPDATE',
]);

/**
 * An account that may use this database because it may use all is no account of this database. Leaving it out is said, but
 * of administrators, which every server has, and of the login that makes the backup.
 */
function globalGrants(
  book: AccountBook,
  {
    records,
    held,
    holds,
  }: { readonly records: Records; readonly held: ReadonlyMap<string, unknown>; readonly holds: Holds },
): readonly Degradation[] {
  if (holds.roles === 'none' || holds.roles === 'all') return [];
  return book.globals.flatMap(({ grantee, privileges }): readonly Degradation[] => {
    const key = accountKey(grantee);
    if (!records.has(key) || held.has(key) || isMeant(holds.exclude, grantee)) return [];
    if (book.isAdministrator(grantee) || key === accountKey(book.login)) return [];
    const found = privileges.filter((privilege) => reaching.has(privilege));
    if (found.length === 0) return [];
    return [
      {
        code: 'global-grant',
        subject: plainName(grantee),
        detail: `may use this database by privileges on the whole server (${some(found)}), and this backup leaves it out; include or exclude it`,
      },
    ];
  });
}

/** The first few of many. */
function some(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
}
