import { masked } from './neutral-name.ts';

/**
 * The definition of a view as the server prints it, without parentheses around all of what stands behind a FROM. Servers print
 * a list of tables as a chain of joins without them and, where that was read again, with them: one view in two texts. Joins
 * group from the left either way, so that no two different ones become equal.
 */
export function withoutOuterParentheses(definition: string): string {
  const bare = masked(definition);
  const closing = pairsIn(bare);
  const dropped = new Set<number>();
  for (const { index } of bare.matchAll(/\bfrom \(/g)) {
    for (let at = index + 'from '.length; bare[at] === '('; at += 1) {
      const end = closing.get(at);
      if (end === undefined || isQuery(bare, at, end)) break;
      dropped.add(at).add(end);
    }
  }
  return definition
    .split('')
    .filter((_, at) => !dropped.has(at))
    .join('');
}

/** Which parenthesis closes which. */
function pairsIn(bare: string): ReadonlyMap<number, number> {
  const pairs = new Map<number, number>();
  const open: number[] = [];
  for (const { 0: found, index } of bare.matchAll(/[()]/g)) {
    if (found === '(') open.push(index);
    else {
      const begin = open.pop();
      if (begin !== undefined) pairs.set(begin, index);
    }
  }
  return pairs;
}

/** A query in the place of a table has a name behind it; joins have none. */
const isQuery = (bare: string, begin: number, end: number): boolean =>
  bare.startsWith(' `', end + 1) || /^\((?:select|with|values|table)\b/i.test(bare.slice(begin, begin + 10));
