import type { Fact } from '../../manifest/manifest.ts';
import type { AclItem } from './acl-sql.ts';
import { quoteIdentifier } from './quote.ts';

/**
 * Who may do what, as sorted lines that a person can read and a diff can compare: one per role, membership, setting, owner,
 * privilege, default privilege and policy. Never a password, a comment or a definition of code. Names stand in double
 * quotes where they are not plain, and control characters as escapes, so that no name can look like two lines. The same facts
 * give the same bytes; facts of other kinds do not matter.
 *
 * A setting with a dot in its name is the application's and may be a secret (`app.jwt_secret`), so its value is never there.
 * With `digest` a keyed digest of it stands in its place; one without a key could be tried out for short secrets.
 */
export function accessText(facts: readonly Fact[], digest?: (text: string) => string): string {
  const lines = new Set(facts.flatMap((fact) => linesOf(fact, digest)).map(escapeControls));
  return [...lines]
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .map((line) => `${line}\n`)
    .join('');
}

function linesOf({ kind, name, value }: Fact, digest: ((text: string) => string) | undefined): readonly string[] {
  switch (kind) {
    case 'role':
      return [roleLine(name, value)];
    case 'membership':
      return [membershipLine(value)];
    case 'setting':
      return Object.entries((value['settings'] ?? {}) as Readonly<Record<string, string>>).map(
        ([key, setting]) => `set ${key} for ${name} to ${settingText({ key, setting, name }, digest)}`,
      );
    case 'database':
      return [
        `owner of this database is ${role(value['owner'])}`,
        `this database has connection limit ${String(value['connectionLimit'])}${value['allowConnections'] === false ? ', closed' : ''}`,
      ];
    case 'tablespace':
      return [
        `owner of tablespace ${plain(name)} is ${role(value['owner'])}`,
        ...privileges(`tablespace ${plain(name)}`, value),
      ];
    case 'object':
      // Objects of an extension follow its script, and nobody grants through their owner.
      return value['owner'] === undefined || value['extension'] !== undefined
        ? []
        : [`owner of ${name} is ${role(value['owner'])}`];
    case 'acl':
      return privileges(name, value);
    case 'parameter-acl':
      return privileges(`parameter ${plain(name)}`, value);
    case 'default-acl':
      return privileges(`new ${name}`, value);
    case 'policy':
      return [policyLine(name, value)];
    case 'row-security':
      return [
        `row security of table ${name} is ${value['enabled'] === true ? 'enabled' : 'disabled'}${value['forced'] === true ? ' and forced' : ''}`,
      ];
    case 'user-mapping':
      return [`user mapping for ${name}`];
    default:
      return [];
  }
}

function settingText(
  { key, setting, name }: { readonly key: string; readonly setting: string; readonly name: string },
  digest: ((text: string) => string) | undefined,
): string {
  if (!key.includes('.')) return `'${setting.replaceAll("'", "''")}'`;
  return digest === undefined
    ? 'a value that is not shown, and whose changes are not seen without a digest key'
    : `a value with the digest ${digest(JSON.stringify([name, key, setting])).slice(0, 16)}`;
}

function roleLine(name: string, value: Fact['value']): string {
  const attributes = [
    value['login'] === true ? 'login' : 'no login',
    value['superuser'] === true && 'superuser',
    value['createRole'] === true && 'create role',
    value['createDatabase'] === true && 'create database',
    value['replication'] === true && 'replication',
    value['bypassRowSecurity'] === true && 'bypass row security',
    value['inherit'] === false && 'no inherit',
    value['connectionLimit'] !== -1 && `connection limit ${String(value['connectionLimit'])}`,
    typeof value['validUntil'] === 'string' && `password valid until ${value['validUntil']}`,
  ];
  return `role ${plain(name)}: ${attributes.filter((attribute) => attribute !== false).join(', ')}`;
}

function membershipLine(value: Fact['value']): string {
  const options = [
    value['admin'] === true && 'with admin option',
    value['inherit'] === false && 'without inherit',
    value['set'] === false && 'without set',
  ];
  // Before 16 the grantor of a membership has no meaning, and such facts have no `inherit`.
  const by = value['inherit'] === undefined ? '' : ` by ${role(value['grantor'])}`;
  return (
    [`member ${role(value['member'])} of ${role(value['role'])}`, ...options.filter((option) => option !== false)].join(
      ' ',
    ) + by
  );
}

function policyLine(name: string, value: Fact['value']): string {
  const roles = ((value['roles'] ?? []) as readonly (string | null)[])
    .map((one) => (one === null ? 'public' : plain(one)))
    .join(', ');
  const using = typeof value['using'] === 'string' ? ` using ${value['using']}` : '';
  const check = typeof value['check'] === 'string' ? ` with check ${value['check']}` : '';
  return `policy ${name}: ${value['permissive'] === true ? 'permissive' : 'restrictive'} for ${String(value['command'])} to ${roles}${using}${check}`;
}

/** One line per grantee and grantor, or one that says that nobody has any: a fact without items took the defaults away. */
function privileges(object: string, value: Fact['value']): readonly string[] {
  const items = (value['items'] ?? []) as readonly AclItem[];
  if (items.length === 0) return [`no privileges on ${object}`];
  const tails = items.map(
    ({ grantee, grantable, grantor }) =>
      `on ${object} to ${grantee === null ? 'public' : plain(grantee)}${grantable ? ' with grant option' : ''} by ${role(grantor)}`,
  );
  return [...Map.groupBy(items, (_, position) => tails[position])].map(
    ([tail, granted]) => `grant ${granted.map(({ privilege }) => privilege).join(', ')} ${tail}`,
  );
}

const role = (name: unknown): string => (typeof name === 'string' ? plain(name) : 'a role that is gone');

/** Plain names as they are; `public` and others with quotes, so that the role called "public" is not everyone. */
function plain(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) && name !== 'public' ? name : quoteIdentifier(name);
}

/** Backslash too, so that the escapes are unambiguous; also characters that reorder or hide text on a terminal. */
function escapeControls(line: string): string {
  return line.replace(/[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) =>
    c === '\\' ? '\\\\' : c === '\n' ? '\\n' : `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
