import type { AccountFact } from './account-facts.ts';
import { literal } from './account-literal.ts';
import { lifetimeClause, limitsClause, requireClause, type AccountStatements } from './account-statements.ts';
import { quoteName, type Account } from './quote.ts';
import { unusableVerifier } from './unusable-password.ts';

/** MySQL manual, "CREATE USER Statement", "ALTER USER Statement". */
export const mysqlStatements: AccountStatements = {
  user(account, passwords) {
    const name = quote(account);
    const { history, days } = account.reuse ?? { history: null, days: null };
    const reuse = `PASSWORD HISTORY ${history ?? 'DEFAULT'} PASSWORD REUSE INTERVAL ${days === null ? 'DEFAULT' : `${days} DAY`}`;
    const factors = factorsOf(account, passwords);
    const [first, ...others] = factors;
    const chain = passwordChain(account, first?.verifier);
    const knows = first?.known === true;
    const create = [clause(first?.plugin ?? '', chain[0]), ...others.map((one) => clause(one.plugin, one.verifier))];
    return [
      // The rule first, so that the passwords that follow are remembered.
      isLikeRole(account)
        ? `CREATE ROLE IF NOT EXISTS ${name}`
        : `CREATE USER IF NOT EXISTS ${name} ${create.join(' AND ')} ${reuse}`,
      ...(knows && !isLikeRole(account) ? chain : []).flatMap((verifier, index) => {
        // One that it remembers already would be remembered twice.
        if (index === 0 && chain.length > 1 && (account.usedVerifiers ?? []).length > 0) return [];
        const retain =
          index === chain.length - 1 && (account.secondVerifier ?? null) !== null ? ' RETAIN CURRENT PASSWORD' : '';
        return [`ALTER USER ${name} ${clause(first?.plugin ?? '', verifier)}${retain}`];
      }),
      `ALTER USER ${name} ${requireClause(account)} ${limitsClause(account)} ${lifetimeClause(account)} ${reuse} ${rulesClause(account)} ACCOUNT ${account.locked || factors.some(({ lost }) => lost) ? 'LOCK' : 'UNLOCK'}${attributesClause(account)}`,
      ...(account.expired ? [`ALTER USER ${name} PASSWORD EXPIRE`] : []),
    ];
  },
  roles: (_, edges) => ({
    create: [],
    memberships: edges.map(
      ({ role, member, admin }) => `GRANT ${quote(role)} TO ${quote(member)}${admin ? ' WITH ADMIN OPTION' : ''}`,
    ),
    release: [],
  }),
  defaultRoles: (account, roles) => `SET DEFAULT ROLE ${roles.map(quote).join(', ')} TO ${quote(account)}`,
};

/**
 * Locked, expired and without a password, as CREATE ROLE makes accounts. Rules for passwords on the target do not concern
 * that statement, but refuse everything else that leaves an account without one.
 */
export const isLikeRole = ({ plugins, verifier, locked, expired }: AccountFact): boolean =>
  locked && expired && verifier?.[0] === '' && plugins.length === 1 && plugins[0] === 'caching_sha2_password';

const quote = ({ user, host }: Account): string => `${quoteName(user)}@${quoteName(host)}`;

/** Hexadecimal, because a salt may hold every byte; nothing at all is no number. */
const clause = (plugin: string, verifier: string | undefined): string =>
  `IDENTIFIED WITH ${literal(plugin)}${verifier === undefined ? '' : ` AS ${verifier === '' ? "''" : `0x${verifier}`}`}`;

interface Factor {
  readonly plugin: string;
  readonly verifier: string | undefined;
  /** Whether the verifier is the source's. */
  readonly known: boolean;
  /** Neither the source's nor one that keeps everybody out. */
  readonly lost: boolean;
}

function factorsOf(account: AccountFact, passwords: 'hashes' | 'omit'): readonly Factor[] {
  return account.plugins.map((plugin, index) => {
    const verifier = passwords === 'hashes' ? account.verifier?.[index] : undefined;
    const mapping = account.mappings[index] ?? undefined;
    const found = verifier ?? (mapping === undefined ? undefined : hexOf(mapping));
    if (found !== undefined) return { plugin, verifier: found, known: true, lost: false };
    const unusable = unusableVerifier('mysql', plugin);
    return {
      plugin,
      verifier: unusable === undefined ? undefined : hexOf(unusable),
      known: false,
      lost: unusable === undefined,
    };
  });
}

const hexOf = (text: string): string => Buffer.from(text, 'utf8').toString('hex').toUpperCase();

/**
 * What the account’s password was, one after the other, so that the server remembers what it must. The last one is in force.
 */
function passwordChain(account: AccountFact, verifier: string | undefined): readonly (string | undefined)[] {
  const second = account.secondVerifier ?? undefined;
  const used = (account.usedVerifiers ?? []).filter((one) => one !== second && one !== verifier);
  return [...used, ...(second === undefined ? [] : [second]), verifier];
}

function rulesClause({ reuse, failedLogins }: AccountFact): string {
  const current = reuse?.requireCurrent ?? null;
  const { attempts, lockDays } = failedLogins ?? { attempts: 0, lockDays: 0 };
  return [
    `PASSWORD REQUIRE CURRENT${current === null ? ' DEFAULT' : current ? '' : ' OPTIONAL'}`,
    `FAILED_LOGIN_ATTEMPTS ${attempts} PASSWORD_LOCK_TIME ${lockDays < 0 ? 'UNBOUNDED' : lockDays}`,
  ].join(' ');
}

/** The comment is one of the attributes. */
function attributesClause({ attributes }: AccountFact): string {
  if (attributes === undefined || attributes === null) return '';
  return ` ATTRIBUTE ${literal(attributes)}`;
}
