import { expect, test } from 'vitest';
import { outsideQuotes, withoutDatabase } from '../../../src/engine/mysql/neutral-name.ts';

test.each([
  ['a qualified table and its columns', 'select `d`.`t`.`a` AS `a` from `d`.`t`', 'select `t`.`a` AS `a` from `t`'],
  ['a function', '`d`.`f`(`d`.`t`.`a`)', '`f`(`t`.`a`)'],
  ['another database', 'select `e`.`t`.`a` from `e`.`t`', 'select `e`.`t`.`a` from `e`.`t`'],
  ['a table of that name', 'select `d`.`d`.`d` AS `d` from `d`.`d`', 'select `d`.`d` AS `d` from `d`'],
  ['a column of that name', 'select `t`.`d` AS `d`', 'select `t`.`d` AS `d`'],
  ['text', "select '`d`.`t`' AS `x`", "select '`d`.`t`' AS `x`"],
  ['text with doubled quotes', "select 'it''s `d`.`t`' from `d`.`t`", "select 'it''s `d`.`t`' from `t`"],
  ['text with escaped quotes', "select 'it\\'s `d`.`t`' from `d`.`t`", "select 'it\\'s `d`.`t`' from `t`"],
  ['double quotes', 'select "`d`.`t`" from `d`.`t`', 'select "`d`.`t`" from `t`'],
  ['a name that ends alike', 'select `xd`.`t`.`a` from `xd`.`t`', 'select `xd`.`t`.`a` from `xd`.`t`'],
])('leaves the name out before %s', (_, text, expected) => {
  expect(withoutDatabase(text, 'd')).toBe(expected);
});

test('knows a name with backticks', () => {
  expect(withoutDatabase('select `a``b`.`t`.`c` from `a``b`.`t`', 'a`b')).toBe('select `t`.`c` from `t`');
});

test('edits nothing that is within quotes', () => {
  const edited = outsideQuotes("a `a` 'a''a' \"a\" a", (bare) => bare.replaceAll('a', 'b'));
  expect(edited).toBe("b `a` 'a''a' \"a\" b");
});
