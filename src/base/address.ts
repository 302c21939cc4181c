/** Identity of what is backed up: a declared server and a database on it. The spec's key is free and no identity. */
export interface Address {
  readonly server: string;
  readonly database: string;
}

/** `server/database`, for people and for the command line. */
export function formatAddress(address: Address): string {
  return `${address.server}/${address.database}`;
}

/** `*` and `?` as in a shell, against the whole text; every other character is itself. */
export function matchesGlob(pattern: string, text: string): boolean {
  const source = [...pattern]
    .map((c) => (c === '*' ? '.*' : c === '?' ? '.' : c.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')))
    .join('');
  return new RegExp(`^${source}$`, 'su').test(text);
}
