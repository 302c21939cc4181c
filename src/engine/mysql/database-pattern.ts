/**
 * Whether the name of a database in a grant covers a database: `%` and `_` stand for anything, `\` takes their meaning away.
 */
export function matchesPattern(pattern: string, database: string): boolean {
  const source = parts(pattern)
    .map(({ wild, text }) => (!wild ? text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&') : text === '%' ? '.*' : '.'))
    .join('');
  return new RegExp(`^${source}$`, 'su').test(database);
}

/** The one database that a pattern means; undefined where it can mean several. */
export function unescaped(pattern: string): string | undefined {
  const all = parts(pattern);
  return all.some(({ wild }) => wild) ? undefined : all.map(({ text }) => text).join('');
}

/** The pattern that means one database and no other. */
export const escaped = (database: string): string => database.replace(/[\\%_]/g, '\\$&');

function parts(pattern: string): readonly { readonly wild: boolean; readonly text: string }[] {
  const found: { wild: boolean; text: string }[] = [];
  const characters = [...pattern];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    const next = characters[at + 1];
    if (character === '\\' && next !== undefined) {
      found.push({ wild: false, text: next });
      at++;
    } else {
      found.push({ wild: character === '%' || character === '_', text: character });
    }
  }
  return found;
}
