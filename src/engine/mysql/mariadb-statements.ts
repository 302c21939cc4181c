import type { AccountFact } from './account-facts.ts';
import { literal } from './account-literal.ts';
import { lifetimeClause, limitsClause, requireClause, type AccountStatements } from './account-statements.ts';
import { quoteAccount, quoteName } from './quote.ts';
import { unusableVerifier } from './unusable-password.ts';

/** MariaDB manual, "CREATE USER", "ALTER USER", "CREATE ROLE". */
export const mariadbStatements: AccountStatements = {
  user(account, passwords) {
    const name = quoteAccount(account);
    const methods = methodsOf(account, passwords);
    const identified = `IDENTIFIED VIA ${methods.map(({ text }) => text).join(' OR ')}`;
    const isLocked = account.locked || methods.some(({ lost }) => lost);
    const known = methods.every((method) => method.known);
    return [
      `CREATE USER IF NOT EXISTS ${name} ${identified}`,
      `ALTER USER ${name}${known ? ` ${identified}` : ''} ${requireClause(account)} ${limitsClause(account)} ${lifetimeClause(account)} ACCOUNT ${isLocked ? 'LOCK' : 'UNLOCK'}`,
      ...(account.expired ? [`ALTER USER ${name} PASSWORD EXPIRE`] : []),
    ];
  },
  roles(roles, edges, keptBy) {
    return {
      // CREATE ROLE … WITH ADMIN somebody else locks out the account that makes it.
      create: roles.flatMap((role, index) => [
        `SET @holdfast_made_${index} = (SELECT COUNT(*) = 0 FROM mysql.global_priv WHERE User = ${literal(role.user)} AND Host = '')`,
        onlyIf(`@holdfast_made_${index}`, `CREATE ROLE ${quoteName(role.user)}`),
      ]),
      memberships: edges.flatMap(({ role, member, admin }) => [
        `SET @holdfast_missing = (SELECT COUNT(*) = 0 FROM mysql.roles_mapping WHERE Role = ${literal(role.user)} AND User = ${literal(member.user)} AND Host = ${literal(member.host)} AND Admin_option >= ${literal(admin ? 'Y' : 'N')})`,
        onlyIf(
          '@holdfast_missing',
          `GRANT ${quoteName(role.user)} TO ${quoteAccount(member)}${admin ? ' WITH ADMIN OPTION' : ''}`,
        ),
      ]),
      release: roles.flatMap((role, index) =>
        keptBy(role) ? [] : [onlyIf(`@holdfast_made_${index}`, `REVOKE ${quoteName(role.user)} FROM CURRENT_USER`)],
      ),
    };
  },
  defaultRoles: (account, roles) =>
    `SET DEFAULT ROLE ${roles.map(({ user }) => quoteName(user)).join(', ')} FOR ${quoteAccount(account)}`,
};

/** An expression of EXECUTE IMMEDIATE may not have a subquery, so the condition is a variable. */
const onlyIf = (variable: string, statement: string): string =>
  `EXECUTE IMMEDIATE IF(${variable}, ${literal(statement)}, 'DO 0')`;

interface Method {
  readonly text: string;
  readonly known: boolean;
  readonly lost: boolean;
}

function methodsOf(account: AccountFact, passwords: 'hashes' | 'omit'): readonly Method[] {
  return account.plugins.map((plugin, index) => {
    const verifier = passwords === 'hashes' ? account.verifier?.[index] : undefined;
    const found =
      verifier === undefined ? (account.mappings[index] ?? undefined) : Buffer.from(verifier, 'hex').toString('utf8');
    const text = found ?? unusableVerifier('mariadb', plugin);
    // A password plugin without a string would take the account for one without a password, so it is written out.
    const using =
      text === undefined || (text === '' && account.mappings[index] !== null) ? '' : ` USING ${literal(text)}`;
    return {
      text: `${quoteName(plugin)}${using}`,
      known: found !== undefined,
      lost: text === undefined,
    };
  });
}
