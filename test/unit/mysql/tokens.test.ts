import { describe, expect, test } from 'vitest';
import { globalGrantOf } from '../../../src/engine/mysql/global-grant.ts';
import { tokensOf } from '../../../src/engine/mysql/tokens.ts';
import { fc } from '../../support/properties.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const odd = fc.oneof(text, fc.constantFrom("'", '"', '`', '\\', "\\'", ' ON *.* TO ', '\n', '--', ';', '%', '\\%', ''));

/** As the servers write them: quotes doubled, the backslash escaped in strings and without meaning in names. */
const asName = (value: string): string => `\`${value.replaceAll('`', '``')}\``;
const asText = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

describe('tokens of a statement', () => {
  test('give back every name and text as it was, whatever it holds', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ value: odd, isName: fc.boolean() })), (parts) => {
        const statement = parts.map(({ value, isName }) => (isName ? asName(value) : asText(value))).join(' ');
        expect(tokensOf(statement)).toStrictEqual(
          parts.map(({ value, isName }) => ({ kind: isName ? 'name' : 'text', value })),
        );
      }),
    );
  });

  test.each([
    [String.raw`'a\nb\'c\\'`, "a\nb'c\\"],
    [String.raw`'50\%'`, String.raw`50\%`],
    [String.raw`"a""b\"c"`, 'a"b"c'],
  ])('resolve the escapes of %s', (statement, value) => {
    expect(tokensOf(statement)).toStrictEqual([{ kind: 'text', value }]);
  });

  test('leave backslashes alone where the session does', () => {
    expect(tokensOf(String.raw`'a\' b`, { backslashes: false })).toStrictEqual([
      { kind: 'text', value: 'a\\' },
      { kind: 'word', value: 'b' },
    ]);
  });

  test('do not show a statement that cannot be read', () => {
    expect(() => tokensOf("IDENTIFIED BY PASSWORD '*0123")).toThrow('a quote that is not closed');
  });
});

describe('a line of SHOW GRANTS', () => {
  test.each([
    [
      "GRANT SELECT, BINLOG MONITOR ON *.* TO `app6`@`2001:db8::1` IDENTIFIED BY PASSWORD '*2F' WITH GRANT OPTION",
      { grantee: { user: 'app6', host: '2001:db8::1' }, privileges: ['BINLOG MONITOR', 'SELECT'], grantOption: true },
    ],
    [
      'GRANT USAGE ON *.* TO `app`@`%` REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 1000 MAX_STATEMENT_TIME 12.500000',
      { grantee: { user: 'app', host: '%' }, privileges: [], grantOption: false },
    ],
    [
      'GRANT PROCESS ON *.* TO PUBLIC',
      { grantee: { user: 'PUBLIC', host: '' }, privileges: ['PROCESS'], grantOption: false },
    ],
    [
      'GRANT ALL PRIVILEGES ON *.* TO `r "x" ON *.* TO y` WITH GRANT OPTION',
      { grantee: { user: 'r "x" ON *.* TO y', host: '' }, privileges: ['ALL PRIVILEGES'], grantOption: true },
    ],
    [
      "GRANT USAGE ON *.* TO `a`@`b` IDENTIFIED VIA pam USING 'WITH GRANT OPTION'",
      { grantee: { user: 'a', host: 'b' }, privileges: [], grantOption: false },
    ],
  ])('says what it grants on the server: %s', (line, expected) => {
    expect(globalGrantOf(line)).toStrictEqual(expected);
  });

  test.each([
    'GRANT SELECT ON `app`.* TO `a`@`%`',
    "GRANT PROXY ON 'owner'@'localhost' TO 'multi'@'%' WITH GRANT OPTION",
    'GRANT `ON *.* TO` TO `a`@`%`',
    'SET DEFAULT ROLE `r` FOR `a`@`%`',
  ])('is something else: %s', (line) => {
    expect(globalGrantOf(line)).toBeUndefined();
  });
});
