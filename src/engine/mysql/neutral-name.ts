/**
 * The text of a view or of an expression as the server prints it, without the name of the database that it lies in: so a
 * database that came back under another name has the same text. Identifiers in print are always in backticks; what is
 * within quotes is data and stays. The name of another database stays too, and of a column behind a table of this name.
 */
export function withoutDatabase(text: string, database: string): string {
  const qualifier = `\`${database.replaceAll('`', '``')}\``;
  let result = '';
  let at = 0;
  /** Where the name behind a qualifier begins. */
  let qualified = -1;
  for (const match of text.matchAll(quoted)) {
    const [found] = match;
    result += text.slice(at, match.index);
    at = match.index + found.length;
    const isFirst = match.index !== qualified && !result.endsWith('.');
    if (isFirst && found === qualifier && text.startsWith('.`', at)) {
      at += 1;
      qualified = at;
    } else result += found;
  }
  return result + text.slice(at);
}

/** Quoted things: names, and texts with doubled quotes or backslashes in them. */
const quoted = /`(?:[^`]|``)*`|'(?:[^'\\]|''|\\[\s\S])*'|"(?:[^"\\]|""|\\[\s\S])*"/g;

/** The text with something done to all that is not within quotes of any kind. */
export function outsideQuotes(text: string, edit: (bare: string) => string): string {
  let result = '';
  let at = 0;
  for (const { 0: found, index } of text.matchAll(quoted)) {
    result += edit(text.slice(at, index)) + found;
    at = index + found.length;
  }
  return result + edit(text.slice(at));
}

/** The text with what is within quotes made unreadable, since it may hold anything; of the same length, so that places fit. */
export const masked = (text: string): string =>
  text.replaceAll(quoted, (found) => `${found.slice(0, 1)}${'x'.repeat(found.length - 1)}`);
