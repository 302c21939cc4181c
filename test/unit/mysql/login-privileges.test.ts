import { expect, test } from 'vitest';
import { privilegesOf } from '../../../src/engine/mysql/login-privileges.ts';

test('privileges on the server are privileges on every database and table', () => {
  const may = privilegesOf(["GRANT SELECT, RELOAD ON *.* TO `k`@`%` IDENTIFIED BY PASSWORD '*AA' WITH GRANT OPTION"]);
  expect(may.everywhere('RELOAD')).toBe(true);
  expect(may.onDatabase('SELECT', 'shop')).toBe(true);
  expect(may.onTable('SELECT', 'mysql', 'proc')).toBe(true);
  expect(may.onDatabase('TRIGGER', 'shop')).toBe(false);
});

test('all privileges are every one but the right to grant', () => {
  const may = privilegesOf(['GRANT ALL PRIVILEGES ON *.* TO `k`@`%`']);
  expect(may.everywhere('SHOW VIEW')).toBe(true);
  expect(may.everywhere('GRANT OPTION')).toBe(false);
});

test('a database in a grant is a pattern', () => {
  const may = privilegesOf(['GRANT SELECT ON `sh_p\\_%`.* TO `k`@`%`']);
  expect(may.onDatabase('SELECT', 'shop_x')).toBe(true);
  expect(may.onDatabase('SELECT', 'shopxx')).toBe(false);
  expect(may.everywhere('SELECT')).toBe(false);
});

test('one table, one column and roles are no whole database', () => {
  const may = privilegesOf([
    'GRANT SELECT ON `mysql`.`proc` TO `k`@`%`',
    'GRANT SELECT (`a, b`, `c)`), UPDATE ON `shop`.`we``ird` TO `k`@`%`',
    'GRANT `r`@`%` TO `k`@`%`',
    'GRANT PROXY ON `a`@`%` TO `k`@`%`',
  ]);
  expect(may.onTable('SELECT', 'mysql', 'proc')).toBe(true);
  expect(may.onTable('SELECT', 'shop', 'we`ird')).toBe(false);
  expect(may.onTable('UPDATE', 'shop', 'we`ird')).toBe(true);
  expect(may.onDatabase('SELECT', 'mysql')).toBe(false);
});

test('a partial revoke takes a database out of what is granted on the server', () => {
  const may = privilegesOf(['GRANT SELECT ON *.* TO `k`@`%`', 'REVOKE SELECT ON `shop`.* FROM `k`@`%`']);
  expect(may.onDatabase('SELECT', 'shop')).toBe(false);
  expect(may.onDatabase('SELECT', 'other')).toBe(true);
});
