import type { Account } from './quote.ts';
import { tokensOf, type Token } from './tokens.ts';

export interface GlobalGrant {
  readonly grantee: Account;
  /** Upper case, sorted; empty for USAGE. */
  readonly privileges: readonly string[];
  readonly grantOption: boolean;
}

/**
 * What a line of SHOW GRANTS grants on the whole server; undefined where it grants something else. A line reads
 * `GRANT SELECT, BINLOG MONITOR ON *.* TO 'user'@'host' IDENTIFIED … REQUIRE … WITH GRANT OPTION MAX_QUERIES_PER_HOUR 5`
 * (MariaDB manual, "SHOW GRANTS").
 */
export function globalGrantOf(line: string): GlobalGrant | undefined {
  const tokens = tokensOf(line);
  const on = wordAt(tokens, 'ON');
  if (!isWord(tokens[0], 'GRANT') || on < 0) return undefined;
  const isServer = tokens[on + 1]?.value === '*' && tokens[on + 2]?.value === '.' && tokens[on + 3]?.value === '*';
  if (!isServer || !isWord(tokens[on + 4], 'TO')) return undefined;
  const [user, sign, host] = tokens.slice(on + 5, on + 8);
  if (user === undefined) return undefined;
  const privileges = privilegesOf(tokens.slice(1, on));
  const rest = tokens.slice(on + 6);
  return {
    grantee: { user: user.value, host: sign?.value === '@' ? (host?.value ?? '') : '' },
    privileges: privileges.filter((privilege) => privilege !== 'USAGE').sort(),
    // No clause before it can hold these two words bare.
    grantOption: rest.some((token, index) => isWord(token, 'GRANT') && isWord(rest[index + 1], 'OPTION')),
  };
}

function privilegesOf(tokens: readonly Token[]): readonly string[] {
  const privileges: string[][] = [[]];
  for (const { kind, value } of tokens) {
    if (kind === 'sign' && value === ',') privileges.push([]);
    else privileges.at(-1)?.push(value.toUpperCase());
  }
  return privileges.map((words) => words.join(' ')).filter((privilege) => privilege !== '');
}

const isWord = (token: Token | undefined, word: string): boolean =>
  token?.kind === 'word' && token.value.toUpperCase() === word;

const wordAt = (tokens: readonly Token[], word: string): number => tokens.findIndex((token) => isWord(token, word));
