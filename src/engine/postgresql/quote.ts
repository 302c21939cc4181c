/**
 * An identifier in double quotes, always: no list of reserved words to keep (PostgreSQL manual, "Identifiers and Key Words").
 */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * A string constant that means the same whatever `standard_conforming_strings` is: with a backslash in it, the `E''`
 * form (PostgreSQL manual, "String Constants"). The text holds no NUL: PostgreSQL has none.
 */
export function quoteLiteral(text: string): string {
  const doubled = text.replaceAll("'", "''");
  return doubled.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}

/** `"schema"."name"`. */
export function qualifiedName(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}
