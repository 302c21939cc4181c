import { describe, expect, it } from 'vitest';
import { meets } from '../../src/plan/expectation.ts';

describe('an expectation', () => {
  it.each([
    ['10', '>=', '9', true],
    ['10', '<', '9', false],
    ['9007199254740993', '>', '9007199254740992', true],
    ['1.50', '=', '1.5', true],
    ['paid', '=', 'paid', true],
    ['paid', '>', 'open', false],
    ['paid', '!=', '3', true],
    [null, '!=', '3', false],
    ['NaN', '>=', '1', false],
  ] as const)('%s %s %s is %s', (actual, operator, value, expected) => {
    expect(meets(actual, { operator, value })).toBe(expected);
  });
});
