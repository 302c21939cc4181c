import type { Fact } from '../../manifest/manifest.ts';
import {
  accountFacts,
  defaultRoleFacts,
  edgeFacts,
  grantFacts,
  partialRevokeFacts,
  pluginFacts,
  proxyFacts,
} from './account-facts.ts';
import { epilogue, preamble, scriptOf } from './account-literal.ts';
import { plainName, quoteGrantee } from './account-name.ts';
import type { AccountStatements } from './account-statements.ts';
import type { Flavour } from './flavour.ts';
import { databaseGrantStatement, globalGrantStatements, objectGrantStatements } from './grant-statements.ts';
import { mariadbStatements } from './mariadb-statements.ts';
import { mysqlStatements } from './mysql-statements.ts';
import { quoteName, type Account } from './quote.ts';

const statements: Readonly<Record<Flavour['name'], AccountStatements>> = {
  mysql: mysqlStatements,
  mariadb: mariadbStatements,
};

export interface AccountsSqlOptions {
  readonly flavour: Flavour;
  /** The database whose grants these are. */
  readonly database: string;
  /** Another name for it. Grants on patterns become grants on it alone then. */
  readonly as?: string;
  /** Whether the server that runs this reads names of databases in grants literally (`partial_revokes`). */
  readonly literalNames: boolean;
  /** `omit`: passwords that exist stay, new accounts have one that nobody knows. */
  readonly passwords: 'hashes' | 'omit';
  /** Facts that are not to be carried out: they are so already, or must not be touched. */
  readonly without?: (fact: Fact) => boolean;
}

/** Statements without semicolons, each list for one session, in order. */
export interface AccountsSql {
  /** Before the database is there. Holds password verifiers. */
  readonly pre: readonly string[];
  /** After its tables and routines are there, and once more after its views: what is not there yet is passed over. */
  readonly post: readonly string[];
}

/**
 * Everything about the accounts in `facts` that a new server needs, as plain SQL for an administrator. Made from the
 * catalogs: the vendors' own account dumps quote names wrongly, hold the server's own accounts, and leave out second
 * passwords, what is granted to PUBLIC and that passwords have expired. Runs twice without error. Accounts that came with
 * the server are never touched.
 */
export function accountsSql(facts: readonly Fact[], options: AccountsSqlOptions): AccountsSql {
  const { flavour } = options;
  const write = statements[flavour.name];
  const wanted = options.without === undefined ? facts : facts.filter((fact) => options.without?.(fact) !== true);
  const grantee = (account: Account): string => quoteGrantee(flavour, account);
  const accounts = accountFacts(wanted);
  const grants = grantFacts(wanted);
  // Whoever makes a role may grant it. That stays where the administrator of the source could, too.
  const kept = new Set(
    edgeFacts(facts)
      .filter(({ bootstrap, admin }) => bootstrap === true && admin)
      .map(({ role }) => plainName(role)),
  );
  const roles = write.roles(
    accounts.filter(({ isRole }) => isRole),
    edgeFacts(wanted).filter(({ bootstrap }) => bootstrap !== true),
    (role) => kept.has(plainName(role)),
  );
  return {
    pre: [
      ...preamble,
      ...roles.create,
      ...accounts.filter(({ isRole }) => !isRole).flatMap((account) => write.user(account, options.passwords)),
      ...grants.flatMap((grant) => {
        if (grant.level === 'server') return globalGrantStatements(grant, flavour);
        return grant.level === 'database' ? [databaseGrantStatement(grant, options)] : [];
      }),
      ...partialRevokeFacts(wanted).map(
        ({ account, database, privileges }) =>
          `REVOKE ${privileges.join(', ')} ON ${quoteName(database ?? options.as ?? options.database)}.* FROM ${grantee(account)}`,
      ),
      ...roles.memberships,
      ...proxyFacts(wanted).map(
        ({ account, proxied, grantOption }) =>
          `GRANT PROXY ON ${grantee(proxied)} TO ${grantee(account)}${grantOption ? ' WITH GRANT OPTION' : ''}`,
      ),
      ...defaultRoleFacts(wanted).map(({ account, roles: names }) => write.defaultRoles(account, names)),
      ...roles.release,
      ...epilogue,
    ],
    post: [
      ...preamble,
      ...grants.flatMap((grant) => (grant.level === 'object' ? objectGrantStatements(grant, options) : [])),
      ...epilogue,
    ],
  };
}

/** The stored texts `roles` and `supplement`: what a person runs who restores by hand. */
export function accountsText(
  facts: readonly Fact[],
  options: AccountsSqlOptions,
): { readonly pre: string; readonly post: string } {
  const { pre, post } = accountsSql(facts, options);
  const plugins = pluginFacts(facts).map(({ name, library }) => `${name} (${library})`.replace(/[\r\n]+/g, ' '));
  const needs = plugins.length === 0 ? '' : `-- Needs the authentication plugins ${plugins.join(', ')}.\n`;
  return {
    pre: `-- Accounts of one Holdfast backup. Holds password verifiers: as secret as the dump. Run as an administrator.\n${needs}${scriptOf(pre)}`,
    post: `-- Privileges on objects of one Holdfast backup. Run after the tables and routines are there, and again after the views.\n${scriptOf(post)}`,
  };
}
