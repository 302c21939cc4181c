/** How a vendor's client program reads what it is fed (client/mysql.cc, add_line), where the two differ. */
export interface Reading {
  /** What stands behind the slash and the star of a comment that it sends as code. */
  readonly code: readonly string[];
  /** Begins one in which it looks for no quotes. */
  readonly hint: string | undefined;
  /** Whether a backslash in a name in double quotes is just that to it. */
  readonly knowsAnsiQuotes: boolean;
}

/** How the server reads quotes while it is fed: modes that a dump sets for each body. */
export interface SqlMode {
  readonly ansiQuotes: boolean;
  readonly backslashEscapes: boolean;
}

/** How both servers read it: no quote counts in any comment. */
export const serverReading: Reading = { code: [], hint: undefined, knowsAnsiQuotes: true };

/**
 * Whether the client program takes this statement for one, and nothing behind it. It knows quotes and comments only roughly:
 * in the comments for versions that dumps write triggers and events in, it does not see the end of another comment in the
 * same line, and a comment that ends at the end of its line takes a delimiter in it along.
 */
export function isReadWhole(
  statement: string,
  delimiter: string,
  { reading, mode }: { readonly reading: Reading; readonly mode: SqlMode },
): boolean {
  const lines = `${statement}${delimiter}`.split('\n');
  let quote = '';
  let inComment = false;
  for (const [number, line] of lines.entries()) {
    // It forgets at each line that it is in one.
    let special: 'code' | 'hint' | undefined;
    for (let at = 0; at < line.length; at += 1) {
      const letter = line[at] ?? '';
      const two = line.slice(at, at + 2);
      if (!inComment && letter === '\\' && isEscape(quote, { reading, mode })) {
        // A command, of which it knows none here.
        if (quote === '' && line[at + 1] !== 'N') return false;
        if (quote !== '`' || line[at + 1] !== '`') at += 1;
      } else if (!inComment && quote === '' && line.startsWith(delimiter, at)) {
        return number === lines.length - 1 && at + delimiter.length === line.length;
      } else if (!inComment && quote === '' && (letter === '#' || /^--(\s|$)/.test(line.slice(at, at + 3)))) {
        break;
      } else {
        const opens = quote === '' && two === '/*' ? kindOf(line.slice(at + 2), reading) : undefined;
        if (opens === 'comment') {
          inComment = true;
          at += 1;
          continue;
        }
        if (inComment && special === undefined && two === '*/') {
          inComment = false;
          at += 1;
          continue;
        }
        if (opens !== undefined) special = opens;
        else if (quote === '' && special !== undefined && two === '*/') special = undefined;
        if (letter === quote) quote = '';
        else if (!inComment && quote === '' && special !== 'hint' && /['"`]/.test(letter)) quote = letter;
      }
    }
  }
  return false;
}

function isEscape(quote: string, { reading, mode }: { reading: Reading; mode: SqlMode }): boolean {
  if (quote === '') return true;
  if (!mode.backslashEscapes) return false;
  if (!reading.knowsAnsiQuotes) return true;
  return quote !== '`' && !(quote === '"' && mode.ansiQuotes);
}

function kindOf(inside: string, { code, hint }: Reading): 'comment' | 'code' | 'hint' {
  if (code.some((mark) => inside.startsWith(mark))) return 'code';
  return hint !== undefined && inside.startsWith(hint) ? 'hint' : 'comment';
}
