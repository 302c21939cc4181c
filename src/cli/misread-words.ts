import type { Options } from 'yargs';
import { invalidUsage } from './invalid-input.ts';

/**
 * Throws InvalidInput where yargs would take a word for something else than it says: `--dry-run=yes` for "no", `--no-out` for a
 * file called `false`, and what follows `--` for nothing at all. A restore must not run because a dry run was asked for in
 * other words.
 */
export function refuseMisread(words: readonly string[], options: ReadonlyMap<string, Options>): void {
  for (const word of words) {
    if (word === '--')
      throw invalidUsage('-- is not taken', 'Nothing that a command takes begins with a dash: leave it out.');
    const [, written = '', value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const name = kebab(written);
    const option = options.get(name);
    if (option?.type === 'boolean' && value !== undefined && value !== 'true' && value !== 'false')
      throw invalidUsage(
        `--${name} may not be ${value === '' ? 'empty' : value}`,
        'Possible: true, false; without a value it is true.',
      );
    const plain = name.replace(/^no-/, '');
    const negated = options.get(plain);
    if (option === undefined && negated !== undefined && negated.type !== 'boolean')
      throw invalidUsage(`there is no --${name}: --${plain} takes a value`, 'Leave it out.');
  }
}

/** yargs takes `--dryRun` for `--dry-run`. */
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
