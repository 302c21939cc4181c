/** A string as statements about accounts take it: no expression and no hexadecimal there. Holds under `preamble` only. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The first statements of every script: strings end at a single quote and nowhere else. */
export const preamble: readonly string[] = [
  'SET NAMES utf8mb4',
  'SET @holdfast_sql_mode = @@SESSION.sql_mode',
  "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'",
];

export const epilogue: readonly string[] = ['SET SESSION sql_mode = @holdfast_sql_mode'];

/** Statements as a script that the client programs run. Names may hold line breaks and semicolons, always within quotes. */
export const scriptOf = (statements: readonly string[]): string =>
  statements.map((statement) => `${statement};\n`).join('');
