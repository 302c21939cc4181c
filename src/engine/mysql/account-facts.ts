import type { Fact } from '../../manifest/manifest.ts';
import type {
  AccountBook,
  AccountPasswords,
  AccountProperties,
  DatabaseGrant,
  GlobalPrivileges,
  ObjectGrant,
  PartialRevoke,
  Proxy,
  RoleEdge,
} from './account-book.ts';
import { accountKey } from './account-book.ts';
import { plainName } from './account-name.ts';
import type { AccountScope } from './closure.ts';
import type { Account } from './quote.ts';

/** The facts of the inventory that scripts are made from, typed. They stand in contents, so a restore can make them anew. */
export interface AccountFact extends Account, AccountProperties {
  readonly isRole: boolean;
  /** Absent where passwords could not be read or were not asked for. Of every plugin in turn, hexadecimal. */
  readonly verifier?: readonly string[];
  readonly secondVerifier?: string | null;
  readonly usedVerifiers?: readonly string[];
}

export type GrantFact =
  | ({ readonly level: 'server' } & GlobalPrivileges)
  | ({ readonly level: 'database' } & DatabaseGrant)
  | ({ readonly level: 'object' } & ObjectGrant);

export interface EdgeFact extends RoleEdge {
  /** The member came with the server, which a restore does not touch. */
  readonly bootstrap?: boolean;
}

export interface DefaultRolesFact {
  readonly account: Account;
  readonly roles: readonly Account[];
}

export interface PluginFact {
  readonly name: string;
  readonly library: string;
}

/** What the database has of itself instead of its name, so that a restore under another name has equal facts. */
export interface PartialRevokeFact extends Omit<PartialRevoke, 'database'> {
  readonly database: string | null;
}

export interface AccountFactsOptions {
  readonly scope: AccountScope;
  readonly database: string;
  readonly passwords: boolean;
  /** `MariaDB’s PUBLIC`, whose privileges on the database are the database's. */
  readonly isPublic: (account: Account) => boolean;
}

/** Facts of the accounts in scope, of PUBLIC and of nobody else. */
export function accountFactsOf(book: AccountBook, options: AccountFactsOptions): readonly Fact[] {
  const { scope, database, passwords, isPublic } = options;
  const held = (account: Account): boolean => scope.accounts.has(accountKey(account));
  const granted = (account: Account): boolean => held(account) || (scope.everybody && isPublic(account));
  const bootstrap = new Set(book.accounts.filter(({ isBootstrap }) => isBootstrap).map(accountKey));
  const used = new Set<string>();
  const facts: Fact[] = [];
  const add = (kind: string, name: string, value: object): void =>
    void facts.push({ kind, name, value: value as Fact['value'] });

  for (const { user, host, isRole, properties, passwords: secret } of book.accounts) {
    if (!held({ user, host })) continue;
    for (const plugin of properties.plugins) used.add(plugin);
    const value = { user, host, isRole, ...properties, ...(passwords ? secretsOf(secret) : {}) };
    add('account', plainName({ user, host }), value);
  }
  for (const name of [...used].sort()) {
    const library = book.plugins.get(name);
    if (library !== undefined) add('authentication-plugin', name, { name, library });
  }
  for (const edge of book.edges) {
    const isBootstrap = bootstrap.has(accountKey(edge.member));
    if (!held(edge.role) || !(granted(edge.member) || isBootstrap)) continue;
    const name = `${plainName(edge.role)} to ${plainName(edge.member)}`;
    add('role-edge', name, isBootstrap ? { ...edge, bootstrap: true } : edge);
  }
  for (const one of defaultsThatCount(book, held))
    if (granted(one.account)) add('default-role', plainName(one.account), one);
  for (const one of book.proxies)
    if (held(one.account)) add('proxy', `${plainName(one.account)} as ${plainName(one.proxied)}`, one);
  for (const one of book.globals) {
    const empty = one.privileges.length === 0 && Object.keys(one.dynamic).length === 0 && !one.grantOption;
    if (granted(one.grantee) && !empty)
      add('grant', `${plainName(one.grantee)} on the server`, { level: 'server', ...one });
  }
  for (const one of book.revokes) {
    if (!held(one.account)) continue;
    const own = one.database === database ? null : one.database;
    add('partial-revoke', `${plainName(one.account)} on ${own ?? 'this database'}`, { ...one, database: own });
  }
  for (const one of book.databaseGrants) {
    const on = one.pattern === null ? 'this database' : `databases like ${one.pattern}`;
    if (granted(one.grantee)) add('grant', `${plainName(one.grantee)} on ${on}`, { level: 'database', ...one });
  }
  for (const one of book.objectGrants) {
    const name = `${plainName(one.grantee)} on ${one.objectKind} ${one.object}`;
    if (granted(one.grantee)) add('grant', name, { level: 'object', ...one });
  }
  return facts.sort((a, b) => (`${a.kind}\0${a.name}` < `${b.kind}\0${b.name}` ? -1 : 1));
}

/**
 * Default roles that come back: SET DEFAULT ROLE takes only those that somebody has, and servers keep the names of others
 * (measured: MariaDB's of revoked and dropped roles, MySQL's of roles that are mandatory no more).
 */
function defaultsThatCount(
  { defaults, edges, mandatory }: AccountBook,
  held: (account: Account) => boolean,
): AccountBook['defaults'] {
  const forAll = new Set(mandatory.map(accountKey));
  const rolesOf = Map.groupBy(edges, ({ member }) => accountKey(member));
  return defaults
    .map(({ account, roles }) => {
      const own = new Set(rolesOf.get(accountKey(account))?.map(({ role }) => accountKey(role)));
      const has = (role: Account): boolean => own.has(accountKey(role)) || forAll.has(accountKey(role));
      return { account, roles: roles.filter((role) => held(role) && has(role)) };
    })
    .filter(({ roles }) => roles.length > 0);
}

function secretsOf(passwords: AccountPasswords | undefined): object {
  if (passwords === undefined) return {};
  const { verifiers, secondary, used } = passwords;
  return {
    verifier: verifiers,
    ...(secondary === undefined ? {} : { secondVerifier: secondary }),
    ...(used === undefined ? {} : { usedVerifiers: used }),
  };
}

export const accountFacts = (facts: readonly Fact[]): readonly AccountFact[] => valuesOf(facts, 'account');
export const grantFacts = (facts: readonly Fact[]): readonly GrantFact[] => valuesOf(facts, 'grant');
export const edgeFacts = (facts: readonly Fact[]): readonly EdgeFact[] => valuesOf(facts, 'role-edge');
export const defaultRoleFacts = (facts: readonly Fact[]): readonly DefaultRolesFact[] =>
  valuesOf(facts, 'default-role');
export const proxyFacts = (facts: readonly Fact[]): readonly Proxy[] => valuesOf(facts, 'proxy');
export const partialRevokeFacts = (facts: readonly Fact[]): readonly PartialRevokeFact[] =>
  valuesOf(facts, 'partial-revoke');
export const pluginFacts = (facts: readonly Fact[]): readonly PluginFact[] => valuesOf(facts, 'authentication-plugin');

/** Kinds of all of these. */
export const accountKinds: ReadonlySet<string> = new Set([
  'account',
  'authentication-plugin',
  'role-edge',
  'default-role',
  'proxy',
  'grant',
  'partial-revoke',
]);

/** Sorted by name, so that equal catalogs give equal scripts. */
function valuesOf<T>(facts: readonly Fact[], kind: string): readonly T[] {
  return facts
    .filter((fact) => fact.kind === kind)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ value }) => value as T);
}
