import { mappingsOf } from './account-flavour.ts';
import type { AccountPasswords, AccountProperties, AccountRecord, GlobalPrivileges } from './account-book.ts';
import type { ServerAccounts } from './accounts.ts';
import { globalGrantOf } from './global-grant.ts';
import { readProxies } from './mysql-accounts.ts';
import { quoteAccount, type Account } from './quote.ts';
import type { Session } from './session.ts';

/** `mysql.global_priv.Priv` (MariaDB manual, "mysql.global_priv Table"). Releases leave out what has its default. */
interface Priv {
  readonly access?: number;
  readonly plugin?: string;
  readonly authentication_string?: string;
  /** Alternatives; an empty one stands for `plugin`. */
  readonly auth_or?: readonly { readonly plugin?: string; readonly authentication_string?: string }[];
  readonly account_locked?: boolean;
  /** 0: expired by hand. */
  readonly password_last_changed?: number;
  /** Days; -1: as the server has it. */
  readonly password_lifetime?: number;
  readonly ssl_type?: number;
  readonly ssl_cipher?: string;
  readonly x509_issuer?: string;
  readonly x509_subject?: string;
  readonly max_questions?: number;
  readonly max_updates?: number;
  readonly max_connections?: number;
  readonly max_user_connections?: number;
  readonly max_statement_time?: number;
  readonly is_role?: boolean;
  readonly default_role?: string;
}

/**
 * The grant tables of MariaDB. Privileges on the whole server are bits there whose meaning depends on the release that
 * wrote them, so SHOW GRANTS is asked for those.
 */
export async function readMariadbAccounts(
  session: Session,
  isBootstrap: (account: Account) => boolean,
): Promise<ServerAccounts> {
  const rows = await session.query<{ user: string; host: string; priv: string }>(
    'SELECT User AS user, Host AS host, Priv AS priv FROM mysql.global_priv ORDER BY 1, 2',
  );
  const accounts: AccountRecord[] = [];
  const globals: GlobalPrivileges[] = [];
  const defaults: ServerAccounts['defaults'][number][] = [];
  for (const { user, host, priv } of rows) {
    const account = { user, host };
    const value = JSON.parse(priv) as Priv;
    if ((value.access ?? 0) !== 0 && !isBootstrap(account)) globals.push(await readGlobal(session, account));
    if (value.default_role !== undefined && value.default_role !== '')
      defaults.push({ account, roles: [{ user: value.default_role, host: '' }] });
    // PUBLIC has a row only where it has privileges. It is everybody, and nobody makes it.
    if (user === 'PUBLIC' && host === '') continue;
    accounts.push({
      ...account,
      isRole: value.is_role === true,
      isBootstrap: isBootstrap(account),
      properties: propertiesOf(value),
      passwords: passwordsOf(value),
    });
  }
  return {
    accounts,
    globals,
    defaults,
    edges: await readEdges(session),
    proxies: await readProxies(session),
    mandatory: [],
    revokes: [],
    passwordsReadable: true,
  };
}

/** Lines of other grantees are those of roles that it has. */
async function readGlobal(session: Session, account: Account): Promise<GlobalPrivileges> {
  const rows = await session.query(`SHOW GRANTS FOR ${quoteAccount(account)}`);
  const grants = rows
    .map((row) => globalGrantOf(Object.values(row)[0] ?? ''))
    .filter((grant) => grant?.grantee.user === account.user && grant.grantee.host === account.host);
  return {
    grantee: account,
    privileges: [...new Set(grants.flatMap((grant) => grant?.privileges ?? []))].sort(),
    grantOption: grants.some((grant) => grant?.grantOption),
    dynamic: {},
  };
}

const requirements = ['none', 'ssl', 'x509', 'specified'] as const;

/** Every alternative in its order; roles have none. */
function alternatives(value: Priv): readonly { readonly plugin: string; readonly verifier: string }[] {
  if (value.is_role === true) return [];
  return (value.auth_or ?? [{}]).map((one) => ({
    plugin: one.plugin ?? value.plugin ?? 'mysql_native_password',
    verifier: (one.plugin === undefined ? value.authentication_string : one.authentication_string) ?? '',
  }));
}

function propertiesOf(value: Priv): AccountProperties {
  const lifetime = value.password_lifetime ?? -1;
  const methods = alternatives(value);
  return {
    plugins: methods.map(({ plugin }) => plugin),
    mappings: mappingsOf(
      'mariadb',
      methods.map(({ plugin, verifier }) => ({ plugin, text: verifier })),
    ),
    locked: value.account_locked === true,
    expired: value.is_role !== true && value.password_last_changed === 0,
    lifetimeDays: lifetime < 0 ? null : lifetime,
    tls: {
      require: requirements[value.ssl_type ?? 0] ?? 'none',
      cipher: value.ssl_cipher ?? '',
      issuer: value.x509_issuer ?? '',
      subject: value.x509_subject ?? '',
    },
    limits: {
      queriesPerHour: value.max_questions ?? 0,
      updatesPerHour: value.max_updates ?? 0,
      connectionsPerHour: value.max_connections ?? 0,
      userConnections: value.max_user_connections ?? 0,
      statementSeconds: value.max_statement_time ?? 0,
    },
  };
}

const passwordsOf = (value: Priv): AccountPasswords => ({
  verifiers: alternatives(value).map(({ verifier }) => Buffer.from(verifier, 'utf8').toString('hex').toUpperCase()),
});

async function readEdges(session: Session): Promise<ServerAccounts['edges']> {
  const rows = await session.query<{ user: string; host: string; role: string; admin: string }>(
    'SELECT User AS user, Host AS host, Role AS role, Admin_option AS admin FROM mysql.roles_mapping ORDER BY 3, 1, 2',
  );
  return rows.map(({ user, host, role, admin }) => ({
    role: { user: role, host: '' },
    member: { user, host },
    admin: admin === 'Y',
  }));
}
