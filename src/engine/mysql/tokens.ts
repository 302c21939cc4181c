import { OperationError } from '../../base/operation-error.ts';

/** One token of a statement that the server wrote. */
export interface Token {
  /** `word`: bare; `name`: in backticks; `text`: in quotes; `sign`: any other single character. */
  readonly kind: 'word' | 'name' | 'text' | 'sign';
  /** Unquoted and with its escapes resolved. */
  readonly value: string;
}

/** Escapes of the MySQL manual, "String Literals". `\%` and `\_` stay as they are. */
const escapes: Readonly<Record<string, string>> = { 0: '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\u001a' };

/**
 * Splits a statement of SHOW GRANTS or SHOW CREATE USER. Names and passwords in it may hold every character, keywords and
 * quotes too, so nothing may look for words in the text itself. `backslashes`: whether the session that asked reads them as
 * escapes (without NO_BACKSLASH_ESCAPES). Throws `source/query` where a quote is not closed; shows nothing of the statement.
 */
export function tokensOf(statement: string, options: { readonly backslashes?: boolean } = {}): readonly Token[] {
  const backslashes = options.backslashes ?? true;
  const tokens: Token[] = [];
  let at = 0;
  while (at < statement.length) {
    const character = statement.charAt(at);
    if (/\s/.test(character)) {
      at++;
    } else if (character === '`' || character === "'" || character === '"') {
      const quoted = readQuoted(statement, at, backslashes && character !== '`');
      tokens.push({ kind: character === '`' ? 'name' : 'text', value: quoted.value });
      at = quoted.end;
    } else {
      const word = /[\p{L}\p{N}_$]+/uy;
      word.lastIndex = at;
      const found = word.exec(statement)?.[0];
      tokens.push(found === undefined ? { kind: 'sign', value: character } : { kind: 'word', value: found });
      at += found?.length ?? 1;
    }
  }
  return tokens;
}

function readQuoted(
  statement: string,
  start: number,
  backslashes: boolean,
): { readonly value: string; readonly end: number } {
  const quote = statement.charAt(start);
  let value = '';
  for (let at = start + 1; at < statement.length; at++) {
    const character = statement.charAt(at);
    const next = statement.charAt(at + 1);
    if (backslashes && character === '\\' && next !== '') {
      value += escapes[next] ?? (next === '%' || next === '_' ? `\\${next}` : next);
      at++;
    } else if (character !== quote) {
      value += character;
    } else if (next === quote) {
      value += quote;
      at++;
    } else {
      return { value, end: at + 1 };
    }
  }
  throw new OperationError('source/query', 'the server described an account with a quote that is not closed');
}
