import { expect, test } from 'vitest';
import { parseExpectation } from '../../../src/spec/expectation.ts';
import { nearestName } from '../../../src/spec/nearest.ts';

test.each([
  ['>= 1', '>=', '1'],
  ['=42', '=', '42'],
  [' != 0 ', '!=', '0'],
  ["= 'paid'", '=', 'paid'],
  ["= 'it''s'", '=', "it's"],
  ["= ''", '=', ''],
  ['= paid in full', '=', 'paid in full'],
  ['< -1.5e3', '<', '-1.5e3'],
])('%s compares', (text, operator, value) => {
  expect(parseExpectation(text)).toEqual({ operator, value });
});

test.each(['', '1', 'paid', '>', '> lots', "> '1'x", '== 1', '<> 1', '=> 1', "= 'open"])(
  '%j is no comparison',
  (text) => {
    expect(parseExpectation(text)).toBeUndefined();
  },
);

test.each([
  ['retension', ['retention', 'roles'], 'retention'],
  ['postgres', ['postgresql'], 'postgresql'],
  ['VERIFY_FULL', ['verify-ca', 'verify-full'], 'verify-full'],
  ['L7', ['L3', 'L4'], undefined],
  ['schedule', ['databases', 'targets'], undefined],
])('%s was meant as one of %j: %s', (written, names, meant) => {
  expect(nearestName(written, names)).toBe(meant);
});
