import { describe, expect, test } from 'vitest';
import { aboutStatement } from '../../../src/engine/mysql/about-statement.ts';
import { accessText } from '../../../src/engine/mysql/access-text.ts';
import type { AccountBook, AccountRecord } from '../../../src/engine/mysql/account-book.ts';
import { accountFactsOf } from '../../../src/engine/mysql/account-facts.ts';
import { accountsSql } from '../../../src/engine/mysql/accounts-sql.ts';
import { accountScope } from '../../../src/engine/mysql/closure.ts';
import { escaped, matchesPattern, unescaped } from '../../../src/engine/mysql/database-pattern.ts';
import { flavours } from '../../../src/engine/mysql/flavour.ts';
import type { Account } from '../../../src/engine/mysql/quote.ts';
import { tokensOf, type Token } from '../../../src/engine/mysql/tokens.ts';
import { unusableVerifier } from '../../../src/engine/mysql/unusable-password.ts';
import type { Fact, Holds } from '../../../src/manifest/manifest.ts';
import { fc } from '../../support/properties.ts';

const holds: Holds = {
  roles: 'all',
  passwords: 'hashes',
  include: [],
  exclude: [],
  excludedTables: [],
  excludedTableData: [],
};

interface Names {
  readonly user: string;
  readonly host: string;
  readonly role: string;
  readonly database: string;
  readonly object: string;
  readonly column: string;
  readonly subject: string;
}

/** One account and one role with something of every kind, under the given names. */
function bookOf(names: Names, vendor: 'mysql' | 'mariadb'): AccountBook {
  const user: Account = { user: names.user, host: names.host };
  const role: Account = { user: names.role, host: vendor === 'mysql' ? '%' : '' };
  const record = (account: Account, isRole: boolean): AccountRecord => ({
    ...account,
    isRole,
    isBootstrap: false,
    properties: {
      plugins: isRole ? [] : [vendor === 'mysql' ? 'caching_sha2_password' : 'mysql_native_password'],
      mappings: isRole ? [] : [null],
      locked: true,
      expired: true,
      lifetimeDays: 7,
      tls: { require: 'specified', cipher: '', issuer: names.subject, subject: names.subject },
      limits: { queriesPerHour: 1, updatesPerHour: 2, connectionsPerHour: 3, userConnections: 4 },
      ...(vendor === 'mysql' ? { attributes: JSON.stringify({ comment: names.subject }) } : {}),
    },
    passwords: { verifiers: isRole ? [] : [Buffer.from('*0123').toString('hex')] },
  });
  const grant = { grantee: user, privileges: ['SELECT'], grantOption: true };
  return {
    accounts: [record(user, false), record(role, vendor === 'mariadb')],
    edges: [{ role, member: user, admin: true }],
    defaults: [{ account: user, roles: [role] }],
    mandatory: [],
    proxies: [{ account: user, proxied: role, grantOption: false }],
    globals: [{ ...grant, dynamic: { BACKUP_ADMIN: true } }],
    revokes: [{ account: user, database: names.object, privileges: ['SELECT'] }],
    databaseGrants: [
      { ...grant, pattern: null },
      { ...grant, grantee: role, pattern: `${names.object}%` },
    ],
    objectGrants: [
      { ...grant, objectKind: 'table', object: names.object, columns: { UPDATE: [names.column] } },
      { ...grant, objectKind: 'view', object: names.object, columns: {} },
      { ...grant, objectKind: 'package body', object: names.object, columns: {} },
    ],
    stale: [],
    definers: [],
    plugins: new Map(),
    passwordsReadable: true,
    login: { user: 'root', host: 'localhost' },
    isAdministrator: () => false,
  };
}

function factsOf(names: Names, vendor: 'mysql' | 'mariadb'): readonly Fact[] {
  const book = bookOf(names, vendor);
  const scope = accountScope(book, holds, names.database);
  return accountFactsOf(book, { scope, database: names.database, passwords: true, isPublic: () => false });
}

function statementsOf(names: Names, vendor: 'mysql' | 'mariadb'): readonly string[] {
  const { pre, post } = accountsSql(factsOf(names, vendor), {
    flavour: flavours[vendor],
    database: names.database,
    literalNames: false,
    passwords: 'hashes',
  });
  return [...pre, ...post];
}

/** Everything but what stands in quotes, also within statements that are texts themselves. */
const shapeOf = (statement: string): string => tokensOf(statement, { backslashes: false }).map(shapeOfToken).join(' ');

const shapeOfToken = ({ kind, value }: Token): string => {
  if (kind === 'text' && /^(GRANT|CREATE ROLE|REVOKE) /.test(value)) return `{${shapeOf(value)}}`;
  return kind === 'name' || kind === 'text' ? `<${kind}>` : value;
};

const plain: Names = {
  user: 'user',
  host: 'host',
  role: 'role',
  database: 'database',
  object: 'object',
  column: 'column',
  subject: 'subject',
};

const hostile = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
  fc.constantFrom(
    '`',
    "'",
    '"',
    '\\',
    "\\'",
    '``',
    "''",
    "'; DROP USER root; -- ",
    '`; DROP USER root; -- ',
    '\n',
    '%',
    '_',
  ),
  fc
    .array(fc.constantFrom('`', "'", '"', '\\', ';', ' ', 'x'), { minLength: 1, maxLength: 12 })
    .map((all) => all.join('')),
);

const anyNames = fc.record({
  user: hostile,
  host: hostile.filter((host) => !host.includes('@')),
  role: hostile.map((name) => `r${name}`),
  database: hostile,
  object: hostile,
  column: hostile,
  subject: hostile,
});

describe.each(['mysql', 'mariadb'] as const)('statements about accounts of %s', (vendor) => {
  test('have the same form whatever the names are', () => {
    // The order follows the names, so the forms are compared as sets.
    const expected = statementsOf(plain, vendor).map(shapeOf).sort();
    fc.assert(
      fc.property(anyNames, (names) => {
        expect(statementsOf(names, vendor).map(shapeOf).sort()).toStrictEqual(expected);
      }),
    );
  });

  test('hold every name as it is', () => {
    fc.assert(
      fc.property(anyNames, (names) => {
        const held = new Set(statementsOf(names, vendor).flatMap(namesIn));
        for (const name of [names.user, names.host, names.role, names.object, names.column, names.database])
          expect(held).toContain(name === names.database ? escaped(name) : name);
      }),
    );
  });

  test('give a text of one line for everything', () => {
    fc.assert(
      fc.property(anyNames, (names) => {
        const lines = accessText(factsOf(names, vendor)).split('\n').slice(0, -1);
        for (const line of lines) expect(line).toMatch(/^(account|role|member|default roles of|proxy|grant|revoke) /);
        // eslint-disable-next-line no-control-regex -- these are what it is about
        expect(lines.join('')).not.toMatch(/[\u0000-\u001f]/);
      }),
    );
  });
});

const namesIn = (statement: string): readonly string[] =>
  tokensOf(statement, { backslashes: false }).flatMap(({ kind, value }) => {
    if (kind === 'text' && /^(GRANT|CREATE ROLE|REVOKE) /.test(value)) return namesIn(value);
    return kind === 'name' ? [value] : [];
  });

describe('the name of a database in a grant', () => {
  const name = fc.oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[a_%\\]{0,8}$/));

  test('escaped means itself and nothing else', () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(matchesPattern(escaped(one), other)).toBe(one === other);
        expect(unescaped(escaped(one))).toBe(one);
      }),
    );
  });

  test.each([
    ['app%', 'app_db', true],
    ['app_db', 'appXdb', true],
    [String.raw`app\_db`, 'appXdb', false],
    [String.raw`app\_db`, 'app_db', true],
    ['%', 'anything\nat all', true],
    ['app', 'App', false],
  ])('%s covers %s: %s', (pattern, database, expected) => {
    expect(matchesPattern(pattern, database)).toBe(expected);
  });
});

describe('a password that nobody knows', () => {
  test.each([
    ['mysql', 'caching_sha2_password', /^\$A\$005\$.{63}$/],
    ['mysql', 'sha256_password', /^\$5\$.{20}\$.{43}$/],
    ['mariadb', 'mysql_native_password', /^\*[0-9A-F]{40}$/],
    ['mariadb', 'ed25519', /^[A-Za-z0-9+/]{42}A$/],
    ['mariadb', 'parsec', /^P0:[A-Za-z0-9+/]{24}:[A-Za-z0-9+/]{42}A$/],
  ] as const)('has the form of %s %s and is another one every time', (vendor, plugin, form) => {
    expect(unusableVerifier(vendor, plugin)).toMatch(form);
    expect(unusableVerifier(vendor, plugin)).not.toBe(unusableVerifier(vendor, plugin));
  });

  test('is not made up for plugins that are not known', () => {
    expect(unusableVerifier('mysql', 'somebody_elses')).toBeUndefined();
  });
});

describe('what an error says of a statement', () => {
  test.each([
    [
      "CREATE USER IF NOT EXISTS `app`@`%` IDENTIFIED WITH 'sha' AS 0x0123 PASSWORD HISTORY 5",
      'CREATE USER IF NOT EXISTS app@%',
    ],
    [
      'GRANT SELECT, UPDATE (`a b`) ON TABLE `db`.`t` TO `new\nline`@`10.0.0.0/8`',
      'GRANT SELECT, UPDATE (`a b`) ON TABLE db.t TO `new line`@10.0.0.0/8',
    ],
    ['GRANT USAGE ON *.* TO `app`@`%`', 'GRANT USAGE ON *.* TO app@%'],
    ["EXECUTE IMMEDIATE IF(@x, 'CREATE ROLE `r``o`', 'DO 0')", 'CREATE ROLE `r``o`'],
    ["ALTER USER `a`@`b` REQUIRE SUBJECT '/CN=x'", 'ALTER USER a@b'],
  ])('%s', (statement, expected) => {
    expect(aboutStatement(statement)).toBe(expected);
  });

  test('holds no verifier', () => {
    for (const vendor of ['mysql', 'mariadb'] as const)
      for (const statement of statementsOf(plain, vendor))
        expect(aboutStatement(statement)).not.toMatch(/0123|2a303132/i);
  });
});

describe('accounts that are no part of a backup', () => {
  test('by an unknown plugin without its secret are locked', () => {
    const facts = factsOf(plain, 'mysql').map((fact) =>
      fact.kind === 'account'
        ? { ...fact, value: { ...fact.value, plugins: ['else'], locked: false, verifier: undefined } }
        : fact,
    );
    const { pre } = accountsSql(facts, {
      flavour: flavours.mysql,
      database: 'database',
      literalNames: false,
      passwords: 'omit',
    });
    const altered = pre.filter(
      (statement) => statement.startsWith('ALTER USER `user`') && statement.includes('ACCOUNT'),
    );
    expect(altered).toHaveLength(1);
    expect(altered[0]).toContain('ACCOUNT LOCK');
  });
});
