import { mappingsOf } from './account-flavour.ts';
import type {
  AccountPasswords,
  AccountProperties,
  AccountRecord,
  GlobalPrivileges,
  PartialRevoke,
} from './account-book.ts';
import { accountKey } from './account-book.ts';
import type { ServerAccounts } from './accounts.ts';
import { privilegeColumns, privilegesIn, readColumns } from './privilege-columns.ts';
import type { Account } from './quote.ts';
import type { Session } from './session.ts';
import { tokensOf } from './tokens.ts';

type Row = Readonly<Record<string, string | null>>;

/** What `mysql.user.User_attributes` has (sql/auth/user_attributes of the server). */
interface Attributes {
  readonly additional_password?: string;
  readonly Password_locking?: { readonly failed_login_attempts?: number; readonly password_lock_time_days?: number };
  readonly Restrictions?: readonly { readonly Database: string; readonly Privileges: readonly string[] }[];
  readonly multi_factor_authentication?: readonly {
    readonly plugin: string;
    readonly authentication_string?: string;
  }[];
}

/**
 * The grant tables of MySQL (manual, "Grant Tables"). They have everything, SHOW CREATE USER has not: no second password.
 * A login that may read all columns but `authentication_string` gets everything but the passwords.
 */
export async function readMysqlAccounts(
  session: Session,
  isBootstrap: (account: Account) => boolean,
): Promise<ServerAccounts> {
  const columns = await readColumns(session, 'user');
  const passwordsReadable = columns.includes('authentication_string');
  const privileges = privilegeColumns(columns);
  const names = [...properties, ...privileges.map(({ column }) => column)];
  const rows = await session.query<Row>(
    // The bytes as they are stored: a salt may hold any of them.
    `SELECT ${names.join(', ')}, JSON_EXTRACT(User_attributes, '$.metadata') AS metadata${passwordsReadable ? ', HEX(authentication_string) AS verifier' : ''} FROM mysql.user ORDER BY User, Host`,
  );
  const used = passwordsReadable ? await readUsedPasswords(session) : new Map<string, readonly string[]>();
  const dynamic = await readDynamic(session);
  const accounts: AccountRecord[] = [];
  const globals: GlobalPrivileges[] = [];
  const revokes: PartialRevoke[] = [];
  for (const row of rows) {
    const account = { user: row['User'] ?? '', host: row['Host'] ?? '' };
    const attributes = JSON.parse(row['User_attributes'] ?? '{}') as Attributes;
    accounts.push({
      ...account,
      isRole: false,
      isBootstrap: isBootstrap(account),
      properties: propertiesOf(row, attributes),
      passwords: passwordsReadable ? passwordsOf(row, attributes, used.get(accountKey(account)) ?? []) : undefined,
    });
    globals.push({
      grantee: account,
      privileges: privilegesIn(row, privileges),
      grantOption: row['Grant_priv'] === 'Y',
      dynamic: dynamic.get(accountKey(account)) ?? {},
    });
    for (const { Database, Privileges } of attributes.Restrictions ?? [])
      revokes.push({ account, database: Database, privileges: [...Privileges].sort() });
  }
  return { accounts, globals, revokes, passwordsReadable, ...(await readRoles(session)) };
}

const properties = `User Host plugin Grant_priv ssl_type ssl_cipher x509_issuer x509_subject max_questions max_updates
  max_connections max_user_connections password_expired password_lifetime account_locked Password_reuse_history
  Password_reuse_time Password_require_current User_attributes`.split(/\s+/);

const requirements = { ANY: 'ssl', X509: 'x509', SPECIFIED: 'specified' } as const;

function propertiesOf(row: Row, attributes: Attributes): AccountProperties {
  const locking = attributes.Password_locking;
  const current = row['Password_require_current'];
  const factors = [
    { plugin: row['plugin'] ?? '', text: Buffer.from(row['verifier'] ?? '', 'hex').toString('utf8') },
    ...(attributes.multi_factor_authentication ?? []).map((one) => ({
      plugin: one.plugin,
      text: one.authentication_string ?? '',
    })),
  ];
  return {
    plugins: factors.map(({ plugin }) => plugin),
    // Without the right to read it, it is unknown and not empty.
    mappings: row['verifier'] === undefined ? factors.map(() => null) : mappingsOf('mysql', factors),
    locked: row['account_locked'] === 'Y',
    expired: row['password_expired'] === 'Y',
    lifetimeDays: numberOf(row['password_lifetime']),
    tls: {
      require: requirements[row['ssl_type'] as keyof typeof requirements] ?? 'none',
      cipher: row['ssl_cipher'] ?? '',
      issuer: row['x509_issuer'] ?? '',
      subject: row['x509_subject'] ?? '',
    },
    limits: {
      queriesPerHour: numberOf(row['max_questions']) ?? 0,
      updatesPerHour: numberOf(row['max_updates']) ?? 0,
      connectionsPerHour: numberOf(row['max_connections']) ?? 0,
      userConnections: numberOf(row['max_user_connections']) ?? 0,
    },
    reuse: {
      history: numberOf(row['Password_reuse_history']),
      days: numberOf(row['Password_reuse_time']),
      requireCurrent: current === null || current === undefined ? null : current === 'Y',
    },
    failedLogins: {
      attempts: locking?.failed_login_attempts ?? 0,
      lockDays: locking?.password_lock_time_days ?? 0,
    },
    attributes: row['metadata'] ?? null,
  };
}

const numberOf = (text: string | null | undefined): number | null =>
  text === null || text === undefined ? null : Number(text);

const hexOf = (text: string): string => Buffer.from(text, 'utf8').toString('hex').toUpperCase();

function passwordsOf(row: Row, attributes: Attributes, used: readonly string[]): AccountPasswords {
  const verifier = row['verifier'] ?? '';
  // What only a rule for the whole server made it remember, the next server remembers or not by its own rule.
  const remembers = row['Password_reuse_history'] !== null || row['Password_reuse_time'] !== null;
  return {
    verifiers: [
      verifier,
      ...(attributes.multi_factor_authentication ?? []).map((factor) => hexOf(factor.authentication_string ?? '')),
    ],
    secondary: attributes.additional_password === undefined ? null : hexOf(attributes.additional_password),
    used: remembers ? used.filter((one) => one !== verifier) : [],
  };
}

async function readUsedPasswords(session: Session): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await session.query<{ user: string; host: string; password: string }>(
    "SELECT User AS user, Host AS host, HEX(Password) AS password FROM mysql.password_history WHERE Password <> '' ORDER BY 1, 2, 3",
  );
  const grouped = Map.groupBy(rows, accountKey);
  return new Map(
    [...grouped].map(([key, mine]) => {
      const all = mine.map(({ password }) => password);
      return [key, all.filter((one, index) => all.lastIndexOf(one) === index)];
    }),
  );
}

async function readDynamic(session: Session): Promise<ReadonlyMap<string, Readonly<Record<string, boolean>>>> {
  const rows = await session.query<{ user: string; host: string; privilege: string; grantable: string }>(
    'SELECT USER AS user, HOST AS host, PRIV AS privilege, WITH_GRANT_OPTION AS grantable FROM mysql.global_grants ORDER BY 1, 2, 3',
  );
  return new Map(
    [...Map.groupBy(rows, accountKey)].map(([key, mine]) => [
      key,
      Object.fromEntries(mine.map(({ privilege, grantable }) => [privilege.toUpperCase(), grantable === 'Y'])),
    ]),
  );
}

async function readRoles(
  session: Session,
): Promise<Pick<ServerAccounts, 'edges' | 'defaults' | 'mandatory' | 'proxies'>> {
  const edges = await session.query<Row>(
    'SELECT FROM_USER, FROM_HOST, TO_USER, TO_HOST, WITH_ADMIN_OPTION FROM mysql.role_edges ORDER BY 1, 2, 3, 4',
  );
  const defaults = await session.query<{ user: string; host: string; role: string; roleHost: string }>(
    `SELECT USER AS user, HOST AS host, DEFAULT_ROLE_USER AS role, DEFAULT_ROLE_HOST AS roleHost
     FROM mysql.default_roles ORDER BY 1, 2, 3, 4`,
  );
  const [variable] = await session.query<{ roles: string | null }>('SELECT @@GLOBAL.mandatory_roles AS roles');
  return {
    mandatory: rolesIn(variable?.roles ?? ''),
    edges: edges.map((row) => ({
      role: { user: row['FROM_USER'] ?? '', host: row['FROM_HOST'] ?? '' },
      member: { user: row['TO_USER'] ?? '', host: row['TO_HOST'] ?? '' },
      admin: row['WITH_ADMIN_OPTION'] === 'Y',
    })),
    defaults: [...Map.groupBy(defaults, accountKey).values()].map((mine) => ({
      account: { user: mine[0]?.user ?? '', host: mine[0]?.host ?? '' },
      roles: mine.map(({ role, roleHost }) => ({ user: role, host: roleHost })),
    })),
    proxies: await readProxies(session),
  };
}

/** `` `a`@`%`,b,c@localhost `` (manual, "Server System Variables"). */
function rolesIn(list: string): readonly Account[] {
  const roles: string[][] = [[]];
  for (const { kind, value } of tokensOf(list)) {
    if (kind === 'sign' && value === ',') roles.push([]);
    else roles.at(-1)?.push(value);
  }
  return roles.flatMap(([user, , ...host]) => (user === undefined ? [] : { user, host: host.join('') || '%' }));
}

/** The same table in both kinds of server. */
export async function readProxies(session: Session): Promise<ServerAccounts['proxies']> {
  const rows = await session.query<Row>(
    'SELECT User, Host, Proxied_user, Proxied_host, With_grant FROM mysql.proxies_priv ORDER BY 1, 2, 3, 4',
  );
  return rows.map((row) => ({
    account: { user: row['User'] ?? '', host: row['Host'] ?? '' },
    proxied: { user: row['Proxied_user'] ?? '', host: row['Proxied_host'] ?? '' },
    grantOption: row['With_grant'] === '1',
  }));
}
