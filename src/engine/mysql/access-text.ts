import type { Fact } from '../../manifest/manifest.ts';
import {
  accountFacts,
  defaultRoleFacts,
  edgeFacts,
  grantFacts,
  partialRevokeFacts,
  pluginFacts,
  proxyFacts,
  type AccountFact,
  type EdgeFact,
  type GrantFact,
} from './account-facts.ts';
import { quoteAccount, type Account } from './quote.ts';

/**
 * Who may do what, as sorted lines that a person can read and a diff can compare: one per account, role, default role,
 * proxy, privilege and partial revoke. Never a password or anything
 * made from one, nor a comment or an attribute, which may hold anything. Names stand in backticks where they are
 * not plain, and control characters as escapes, so that no name can look like two lines. The same facts give the same bytes;
 * facts of other kinds do not matter.
 */
export function accessText(facts: readonly Fact[]): string {
  const lines = [
    ...accountFacts(facts).map(accountLine),
    ...pluginFacts(facts).map(({ name, library }) => `authentication plugin ${name} of ${library}`),
    ...edgeFacts(facts).map(edgeLine),
    ...defaultRoleFacts(facts).map(
      ({ account, roles }) => `default roles of ${plain(account)}: ${roles.map(plain).sort().join(', ')}`,
    ),
    ...proxyFacts(facts).map(
      ({ account, proxied, grantOption }) => `proxy ${plain(account)} as ${plain(proxied)}${withGrant(grantOption)}`,
    ),
    ...grantFacts(facts).flatMap(grantLines),
    ...partialRevokeFacts(facts).map(
      ({ account, database, privileges }) =>
        `revoke ${privileges.join(', ')} on ${database === null ? 'this database' : `database ${name(database)}`} from ${plain(account)}`,
    ),
  ];
  return [...new Set(lines.map(escapeControls))]
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .map((line) => `${line}\n`)
    .join('');
}

/** Several plugins are alternatives in MariaDB and factors in MySQL, which alone has rules for using passwords again. */
function accountLine(account: AccountFact): string {
  const { tls, limits, reuse, failedLogins } = account;
  const rules = [
    ...(account.plugins.length === 0 ? [] : [`by ${account.plugins.join(reuse === undefined ? ' or ' : ' and ')}`]),
    account.locked && 'locked',
    account.expired && 'password expired',
    account.lifetimeDays !== null &&
      (account.lifetimeDays === 0 ? 'password never expires' : `password expires after ${account.lifetimeDays} days`),
    tls.require !== 'none' && `requires ${tls.require === 'specified' ? 'a certificate' : tls.require}`,
    ...(['cipher', 'issuer', 'subject'] as const).map((part) => tls[part] !== '' && `${part} ${text(tls[part])}`),
    ...Object.entries(limits).map(([limit, value]) => value !== 0 && `${words(limit)} ${value}`),
    ...Object.entries(reuse ?? {}).map(
      ([rule, value]) => value !== null && `password reuse ${words(rule)} ${String(value)}`,
    ),
    failedLogins !== undefined &&
      failedLogins.attempts !== 0 &&
      `locked after ${failedLogins.attempts} wrong passwords for ${failedLogins.lockDays < 0 ? 'ever' : `${failedLogins.lockDays} days`}`,
  ];
  const said = rules.filter((rule) => rule !== false);
  return `${account.isRole ? 'role' : 'account'} ${plain(account)}${said.length === 0 ? '' : `: ${said.join(', ')}`}`;
}

const edgeLine = ({ role, member, admin }: EdgeFact): string =>
  `member ${plain(member)} of ${plain(role)}${admin ? ' with admin option' : ''}`;

function grantLines(grant: GrantFact): readonly string[] {
  const to = `to ${plain(grant.grantee)}${withGrant(grant.grantOption)}`;
  const listed = grant.privileges.length === 0 ? 'usage' : grant.privileges.join(', ');
  switch (grant.level) {
    case 'server':
      return [
        ...(grant.privileges.length > 0 || grant.grantOption ? [`grant ${listed} on the server ${to}`] : []),
        ...Object.entries(grant.dynamic).map(
          ([privilege, grantable]) =>
            `grant ${privilege} on the server to ${plain(grant.grantee)}${withGrant(grantable)}`,
        ),
      ];
    case 'database':
      return [
        `grant ${listed} on ${grant.pattern === null ? 'this database' : `databases like ${name(grant.pattern)}`} ${to}`,
      ];
    case 'object': {
      const columns = Object.entries(grant.columns).map(
        ([privilege, names]) => `${privilege} (${names.map(name).join(', ')})`,
      );
      const all = [...grant.privileges, ...columns];
      return [
        `grant ${all.length === 0 ? 'usage' : all.join(', ')} on ${grant.objectKind} ${name(grant.object)} ${to}`,
      ];
    }
    default:
      return grant satisfies never;
  }
}

const withGrant = (grantable: boolean): string => (grantable ? ' with grant option' : '');

/** `queriesPerHour` → `queries per hour`. */
const words = (field: string): string => field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** Without quotes where nothing but letters, digits and what hosts have stands in it. */
function plain(account: Account): string {
  const isPlain = /^[\w$-]+$/.test(account.user) && /^[\w.:%/-]*$/.test(account.host);
  if (!isPlain) return quoteAccount(account);
  return account.host === '' ? account.user : `${account.user}@${account.host}`;
}

const name = (value: string): string => (/^[\w$-]+$/.test(value) ? value : `\`${value.replaceAll('`', '``')}\``);

/** Backslash too, so that the escapes are unambiguous; also characters that reorder or hide text on a terminal. */
function escapeControls(line: string): string {
  return line.replace(/[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) =>
    c === '\\' ? '\\\\' : c === '\n' ? '\\n' : `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
