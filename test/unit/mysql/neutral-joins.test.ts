import { expect, test } from 'vitest';
import { withoutOuterParentheses } from '../../../src/engine/mysql/neutral-joins.ts';

/** What servers print of a view, and what they print once it was restored. */
const same: readonly (readonly [string, string])[] = [
  ['select 1 AS `x` from `a` join `b`', 'select 1 AS `x` from (`a` join `b`)'],
  [
    'select 1 from `a` join `b` join `c` where (`a`.`i` = 1)',
    'select 1 from ((`a` join `b`) join `c`) where (`a`.`i` = 1)',
  ],
  ['select 1 from `a` join (`b` left join `c` on(1))', 'select 1 from (`a` join (`b` left join `c` on(1)))'],
  ['select 1 from (`a` left join `b` on(1)) join `c`', 'select 1 from ((`a` left join `b` on(1)) join `c`)'],
  ['select 1 from (select 2 AS `y`) `x` join `b`', 'select 1 from ((select 2 AS `y`) `x` join `b`)'],
  [
    'select 1 from ((select 2) union (select 3)) `x` join `b`',
    'select 1 from (((select 2) union (select 3)) `x` join `b`)',
  ],
  ['select exists(select 1 from `b` join `c` limit 1)', 'select exists(select 1 from (`b` join `c`) limit 1)'],
  ["select ')' AS `from (`, ')' from `a` join `)`", "select ')' AS `from (`, ')' from (`a` join `)`)"],
];

test.for(same)('%s', ([source, restored]) => {
  expect(withoutOuterParentheses(restored)).toBe(withoutOuterParentheses(source));
});

test.for([
  'select 1 from `a` left join (`b` join `c`) on(1)',
  'select 1 from (select 2 AS `y`) `x`',
  'select 1 from ((select 2) union (select 3)) `x`',
  "select 'from (`a`)' AS `from (`",
])('%s stays', (text) => {
  expect(withoutOuterParentheses(text)).toBe(text);
});
