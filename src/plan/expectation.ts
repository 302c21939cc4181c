import type { Expectation } from '../spec/desired.ts';

/**
 * Whether a value that SQL gave (null = NULL) fits an expectation. NULL fits nothing; numbers compare as numbers, other text
 * by `=` and `!=` only.
 */
export function meets(actual: string | null, expectation: Expectation): boolean {
  if (actual === null) return false;
  const order = compare(actual, expectation.value);
  switch (expectation.operator) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>':
      return order !== undefined && order > 0;
    case '>=':
      return order !== undefined && order >= 0;
    case '<':
      return order !== undefined && order < 0;
    case '<=':
      return order !== undefined && order <= 0;
    default:
      return expectation.operator satisfies never;
  }
}

/** Negative, 0 or positive; undefined where the two have no order. Integers compare exactly at any size. */
function compare(a: string, b: string): number | undefined {
  const integer = /^-?\d+$/;
  const number = /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  if (integer.test(a) && integer.test(b)) {
    const difference = BigInt(a) - BigInt(b);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }
  if (number.test(a) && number.test(b)) return Number(a) - Number(b);
  return a === b ? 0 : undefined;
}
