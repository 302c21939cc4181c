import type { Argv } from 'yargs';
import { declaredBy } from './declared-options.ts';
import { invalidUsage } from './invalid-input.ts';

/**
 * Throws InvalidInput where an option that takes one value was given several: yargs makes a list of them, and guessing which
 * one is meant helps nobody.
 */
export function refuseRepeated(
  given: Readonly<Record<string, unknown>>,
  declarations: readonly ((yargs: Argv) => Argv)[],
): void {
  for (const declare of declarations) {
    for (const [name, { array }] of declaredBy(declare).options) {
      if (array === true || !Array.isArray(given[name])) continue;
      throw invalidUsage(`--${name} is given more than once`, 'It takes one value.');
    }
  }
}
