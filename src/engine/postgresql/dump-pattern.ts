/** A pg_dump table pattern as regular expressions; `schema` undefined: any schema. */
export interface TablePattern {
  readonly schema: RegExp | undefined;
  readonly table: RegExp;
}

/**
 * `sales.*`, `audit?`, `"Odd.Name"` as pg_dump reads them (PostgreSQL manual, psql, "Patterns"): outside double quotes,
 * letters fold to lower case, `*` and `?` are wildcards, and a dot separates the schema. Other regular-expression
 * characters keep their meaning there, except `$`.
 */
export function tablePattern(pattern: string): TablePattern {
  const parts = [''];
  let quoted = false;
  const append = (text: string): void => void (parts[parts.length - 1] += text);
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index);
    if (character === '"') {
      if (quoted && pattern[index + 1] === '"') {
        append('"');
        index += 1;
      } else quoted = !quoted;
    } else if (quoted) append(/[\\^$.*+?()[\]{}|]/.test(character) ? `\\${character}` : character);
    else if (character === '.') parts.push('');
    else if (character === '*') append('.*');
    else if (character === '?') append('.');
    else if (character === '$') append('\\$');
    else append(character.toLowerCase());
  }
  const table = parts.at(-1) ?? '';
  const schema = parts.at(-2);
  return { schema: schema === undefined ? undefined : whole(schema), table: whole(table) };
}

export function matchesTable(patterns: readonly TablePattern[], schema: string, table: string): boolean {
  return patterns.some((pattern) => (pattern.schema?.test(schema) ?? true) && pattern.table.test(table));
}

function whole(source: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`, 'su');
  } catch {
    // POSIX syntax that JavaScript lacks: matches nothing here, so that nothing is taken for excluded by mistake.
    return /$^/;
  }
}
