import type { AccountFact, EdgeFact } from './account-facts.ts';
import { literal } from './account-literal.ts';
import type { Account } from './quote.ts';

/** Statements about accounts that the two vendors write differently. */
export interface AccountStatements {
  /** Makes an account and gives it all its properties, or gives them to one that exists. */
  user(account: AccountFact, passwords: 'hashes' | 'omit'): readonly string[];
  /** Roles that are no accounts, and everything that makes somebody their member. */
  roles(
    roles: readonly AccountFact[],
    edges: readonly EdgeFact[],
    keptBy: (role: Account) => boolean,
  ): {
    readonly create: readonly string[];
    readonly memberships: readonly string[];
    /** Takes away what making a role gave to the account that made it. */
    readonly release: readonly string[];
  };
  defaultRoles(account: Account, roles: readonly Account[]): string;
}

/** `REQUIRE …` of CREATE and ALTER USER. */
export function requireClause({ tls }: AccountFact): string {
  if (tls.require !== 'specified') return `REQUIRE ${tls.require === 'none' ? 'NONE' : tls.require.toUpperCase()}`;
  const parts = (['subject', 'issuer', 'cipher'] as const)
    .filter((part) => tls[part] !== '')
    .map((part) => `${part.toUpperCase()} ${literal(tls[part])}`);
  return `REQUIRE ${parts.join(' AND ')}`;
}

export function limitsClause({ limits }: AccountFact): string {
  const { queriesPerHour, updatesPerHour, connectionsPerHour, userConnections, statementSeconds } = limits;
  const statement = statementSeconds === undefined ? '' : ` MAX_STATEMENT_TIME ${statementSeconds}`;
  return `WITH MAX_QUERIES_PER_HOUR ${queriesPerHour} MAX_UPDATES_PER_HOUR ${updatesPerHour} MAX_CONNECTIONS_PER_HOUR ${connectionsPerHour} MAX_USER_CONNECTIONS ${userConnections}${statement}`;
}

export function lifetimeClause({ lifetimeDays }: AccountFact): string {
  if (lifetimeDays === null) return 'PASSWORD EXPIRE DEFAULT';
  return lifetimeDays === 0 ? 'PASSWORD EXPIRE NEVER' : `PASSWORD EXPIRE INTERVAL ${lifetimeDays} DAY`;
}
