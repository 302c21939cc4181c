/** An identifier in backticks. */
export const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/**
 * A string literal that reads the same with and without NO_BACKSLASH_ESCAPES, whatever it holds: hexadecimal where it has a
 * backslash or control characters.
 */
export function quoteText(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what it is about
  if (/[\\\u0000-\u001f\u007f]/.test(text)) return `_utf8mb4 x'${Buffer.from(text, 'utf8').toString('hex')}'`;
  return `'${text.replaceAll("'", "''")}'`;
}

/** `'user'@'host'`, as statements about accounts take it; the backslash has no meaning in backticks. */
export const quoteAccount = ({ user, host }: Account): string =>
  host === '' ? quoteName(user) : `${quoteName(user)}@${quoteName(host)}`;

/** An account or a role. MariaDB's roles have no host: the empty text. */
export interface Account {
  readonly user: string;
  readonly host: string;
}

/** How an account is named everywhere outside SQL: `user@host`, `role` where there is no host. */
export const accountName = ({ user, host }: Account): string => (host === '' ? user : `${user}@${host}`);
