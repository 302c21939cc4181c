import { expect, test } from 'vitest';
import { databaseSql, databaseStatement, sequenceDefaults } from '../../../src/engine/mysql/database-sql.ts';
import type { Fact } from '../../../src/manifest/manifest.ts';

const database = (value: Fact['value']): readonly Fact[] => [{ kind: 'database', name: 'this database', value }];
const plain = { characterSet: 'utf8mb4', collation: 'utf8mb4_bin' };

test('a database has its character set and collation, whatever it is called', () => {
  expect(databaseStatement(database(plain), 'a`b')).toBe(
    'CREATE DATABASE `a``b` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
  );
});

test('and what only one vendor’s has', () => {
  expect(databaseStatement(database({ ...plain, encryption: 'YES' }), 'd')).toContain(" ENCRYPTION 'Y'");
  expect(databaseStatement(database({ ...plain, comment: "it's \\ 😀" }), 'd')).toContain(" COMMENT 'it''s \\\\ 😀'");
});

test('the script says how its texts are to be read', () => {
  expect(databaseSql(database(plain), 'd')).toMatch(
    /^-- .*\nSET NAMES utf8mb4;\nSET SESSION sql_mode = '';\nCREATE DATABASE /,
  );
});

test('an inventory without a database is a bug', () => {
  expect(() => databaseStatement([], 'd')).toThrow(/without its database/);
});

test('defaults that come from a sequence can be set anew', () => {
  const column = (name: string, text: string): Fact => ({ kind: 'column', name, value: { default: text } });
  expect(
    sequenceDefaults([column('`t`.`a.b`', 'nextval(`s`)'), column('`t`.`c`', "'nextval('"), column('`t`.`d`', '1')]),
  ).toEqual(['ALTER TABLE `t` ALTER COLUMN `a.b` SET DEFAULT (nextval(`s`))']);
});
