import type { Expectation } from './desired.ts';

/**
 * `>= 1`, `= 42`, `!= 'paid'`, `= paid`. A quoted value may hold anything; a doubled quote in it stands for one.
 * Undefined where there is no operator or no value, or where an order is asked of something that is no number.
 */
export function parseExpectation(text: string): Expectation | undefined {
  const found = /^\s*(=|!=|>=|<=|>|<)\s*(?:'((?:[^']|'')*)'|([^\s'=<>!](?:.*\S)?))\s*$/su.exec(text);
  if (found === null) return undefined;
  const operator = found[1] as Expectation['operator'];
  const value = found[2]?.replaceAll("''", "'") ?? found[3] ?? '';
  if (operator !== '=' && operator !== '!=' && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return undefined;
  return { operator, value };
}
