import type { Session } from './session.ts';

/** What the login of a session may do, its active roles included. */
export interface LoginPrivileges {
  /** `SELECT` on all databases; ALL PRIVILEGES stand for every privilege. */
  readonly everywhere: (privilege: string) => boolean;
  /** On everything in this database, granted there or everywhere. */
  readonly onDatabase: (privilege: string, database: string) => boolean;
  /** On one whole table, granted there, on its database or everywhere. */
  readonly onTable: (privilege: string, database: string, table: string) => boolean;
}

/** Reads SHOW GRANTS, as every login may for itself. */
export async function loginPrivileges(session: Session): Promise<LoginPrivileges> {
  const [who] = await session.query<{ roles: string | null }>('SELECT CURRENT_ROLE() AS roles');
  const roles = who?.roles ?? 'NONE';
  const lines: string[] = [];
  const read = async (sql: string): Promise<void> => {
    for (const row of await session.query(sql)) lines.push(Object.values(row)[0] ?? '');
  };
  // MySQL gives what roles bring only where they are named, as CURRENT_ROLE() does, quoted; MariaDB's grants say all of it.
  if (roles.startsWith('`')) await read(`SHOW GRANTS FOR CURRENT_USER() USING ${roles}`);
  else await read('SHOW GRANTS');
  return privilegesOf(lines);
}

interface Grant {
  readonly privileges: ReadonlySet<string>;
  /** A pattern of LIKE; undefined for `*`. */
  readonly database: string | undefined;
  readonly table: string | undefined;
}

/** Lines of SHOW GRANTS, of which those on whole tables and more count. */
export function privilegesOf(lines: readonly string[]): LoginPrivileges {
  const grants = lines.flatMap((line) => grantIn(line, 'GRANT', ' TO ') ?? []);
  const revoked = lines.flatMap((line) => grantIn(line, 'REVOKE', ' FROM ') ?? []);
  const has = (set: ReadonlySet<string>, privilege: string): boolean =>
    set.has(privilege) || (set.has('ALL PRIVILEGES') && privilege !== 'GRANT OPTION');
  const isRevoked = (privilege: string, database: string): boolean =>
    revoked.some((each) => each.database === database && has(each.privileges, privilege));
  const everywhere = (privilege: string): boolean =>
    grants.some((grant) => grant.database === undefined && has(grant.privileges, privilege));
  const onDatabase = (privilege: string, database: string): boolean =>
    (everywhere(privilege) && !isRevoked(privilege, database)) ||
    grants.some(
      (grant) =>
        grant.database !== undefined &&
        grant.table === undefined &&
        matchesLike(grant.database, database) &&
        has(grant.privileges, privilege),
    );
  return {
    everywhere,
    onDatabase,
    onTable: (privilege, database, table) =>
      onDatabase(privilege, database) ||
      grants.some((grant) => grant.database === database && grant.table === table && has(grant.privileges, privilege)),
  };
}

/** `GRANT SELECT, SHOW VIEW ON `shop`.* TO …`. Privileges on columns are none on the table. */
function grantIn(line: string, verb: string, before: string): Grant | undefined {
  const match = new RegExp(
    `^${verb} (.+?) ON (?:TABLE )?(\\*|\`(?:[^\`]|\`\`)*\`)\\.(\\*|\`(?:[^\`]|\`\`)*\`)${before}`,
    's',
  ).exec(line);
  if (match === null) return undefined;
  const [, privileges = '', database = '', table = ''] = match;
  const whole = privileges.replace(/[A-Z ]+ \((?:[^()`]|`(?:[^`]|``)*`)*\)/g, '');
  return {
    privileges: new Set(
      whole
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== ''),
    ),
    database: database === '*' ? undefined : unquoted(database),
    table: table === '*' ? undefined : unquoted(table),
  };
}

const unquoted = (name: string): string => name.slice(1, -1).replaceAll('``', '`');

/** As LIKE: `_` and `%` are wildcards unless a backslash stands before them. */
function matchesLike(pattern: string, text: string): boolean {
  const source = pattern.replace(/\\([_%\\])|[_%]|[\\^$.*+?()[\]{}|]/g, (found, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped === '\\' ? '\\\\' : escaped;
    return found === '_' ? '.' : found === '%' ? '.*' : `\\${found}`;
  });
  return new RegExp(`^${source}$`, 'su').test(text);
}
