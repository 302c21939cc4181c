import type { AccountBook, ObjectGrant } from './account-book.ts';
import { privilegeNamed } from './privilege-columns.ts';
import type { Account } from './quote.ts';
import type { Session } from './session.ts';

interface TableRow {
  readonly User: string;
  readonly Host: string;
  readonly name: string;
  readonly privileges: string;
}

/**
 * Grants on tables, columns and routines of a database. Neither vendor removes a grant with its table, and GRANT refuses most
 * on objects that do not exist, so grants on what is gone are told apart. `users`: all that the server has.
 */
export async function readObjectGrants(
  session: Session,
  database: string,
  users: ReadonlySet<string>,
): Promise<{ readonly grants: readonly ObjectGrant[]; readonly stale: AccountBook['stale'] }> {
  const tables = await session.query<TableRow>(
    'SELECT User, Host, Table_name AS name, Table_priv AS privileges FROM mysql.tables_priv WHERE Db = ? ORDER BY 1, 2, 3',
    [database],
  );
  const columns = await session.query<TableRow & { readonly column: string }>(
    'SELECT User, Host, Table_name AS name, Column_name AS `column`, Column_priv AS privileges FROM mysql.columns_priv WHERE Db = ? ORDER BY 1, 2, 3, 4',
    [database],
  );
  const routines = await session.query<TableRow & { readonly kind: string }>(
    'SELECT User, Host, Routine_name AS name, Routine_type AS kind, Proc_priv AS privileges FROM mysql.procs_priv WHERE Db IN (?, ?) ORDER BY 1, 2, 3, 4',
    [database, garbled(database)],
  );
  const present = await readPresent(session, database, {
    tables: new Set([...tables, ...columns].map(({ name }) => name)),
    routines: routines.length > 0,
  });
  const stale: { grantee: Account; what: string }[] = [];
  const grants: ObjectGrant[] = [];
  for (const row of tables) {
    const grantee = granteeOf(row);
    // With CREATE among them, a grant may be on a table that is yet to come (both manuals, GRANT).
    const mayCome = setOf(row.privileges).includes('Create');
    const kind = present.tables.get(row.name) ?? (mayCome ? 'table' : undefined);
    if (kind === undefined) {
      stale.push({ grantee, what: `table ${row.name}` });
      continue;
    }
    const mine = columns.filter(({ User, Host, name }) => User === row.User && Host === row.Host && name === row.name);
    const gone = mine.filter(({ column }) => !present.columns.has(columnKey(row.name, column)));
    for (const { column } of gone) stale.push({ grantee, what: `column ${row.name}.${column}` });
    const grant = grantOf(grantee, { kind, row, columns: mine.filter((one) => !gone.includes(one)) });
    if (grant.grantOption || grant.privileges.length > 0 || Object.keys(grant.columns).length > 0) grants.push(grant);
  }
  for (const row of routines) {
    const grantee = { user: meant(row.User, users), host: row.Host };
    const kind = row.kind.toLowerCase();
    const name = present.routines.get(routineKey(kind, row.name));
    if (name === undefined) stale.push({ grantee, what: `${kind} ${row.name}` });
    else grants.push(grantOf(grantee, { kind, row: { ...row, name }, columns: [] }));
  }
  return { grants, stale };
}

const granteeOf = ({ User, Host }: TableRow): Account => ({ user: User, host: Host });

function grantOf(
  grantee: Account,
  {
    kind,
    row,
    columns,
  }: {
    readonly kind: string;
    readonly row: TableRow;
    readonly columns: readonly (TableRow & { readonly column: string })[];
  },
): ObjectGrant {
  const names = setOf(row.privileges).map(privilegeNamed);
  const byPrivilege: Record<string, string[]> = {};
  for (const { column, privileges } of columns)
    for (const privilege of setOf(privileges).map(privilegeNamed)) (byPrivilege[privilege] ??= []).push(column);
  return {
    grantee,
    objectKind: kind,
    object: row.name,
    privileges: names.filter((name) => name !== 'GRANT').sort(),
    columns: byPrivilege,
    grantOption: names.includes('GRANT'),
  };
}

/** The text of a SET column. */
const setOf = (text: string): readonly string[] => text.split(',').filter((item) => item !== '');

interface Present {
  /** Kind by name. */
  readonly tables: ReadonlyMap<string, 'table' | 'view'>;
  readonly columns: ReadonlySet<string>;
  /** Name by kind and name as a grant has it. */
  readonly routines: ReadonlyMap<string, string>;
}

async function readPresent(
  session: Session,
  database: string,
  wanted: { readonly tables: ReadonlySet<string>; readonly routines: boolean },
): Promise<Present> {
  const marks = [...wanted.tables].map(() => '?').join(', ');
  const values = [database, ...wanted.tables];
  const tables =
    marks === ''
      ? []
      : await session.query<{ name: string; type: string }>(
          `SELECT TABLE_NAME AS name, TABLE_TYPE AS type FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (${marks})`,
          values,
        );
  const columns =
    marks === ''
      ? []
      : await session.query<{ name: string; column: string }>(
          `SELECT TABLE_NAME AS name, COLUMN_NAME AS \`column\` FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (${marks})`,
          values,
        );
  const routines = wanted.routines ? await readRoutines(session, database) : [];
  return {
    tables: new Map(tables.map(({ name, type }) => [name, type === 'VIEW' ? 'view' : 'table'])),
    columns: new Set(columns.map(({ name, column }) => columnKey(name, column))),
    routines: new Map(
      routines.flatMap(({ kind, name }) =>
        [garbled(name), name].map((written) => [routineKey(kind.toLowerCase(), written), name] as const),
      ),
    ),
  };
}

/** MySQL has libraries from 9.2 on, in a view of their own. */
async function readRoutines(
  session: Session,
  database: string,
): Promise<readonly { readonly name: string; readonly kind: string }[]> {
  const [libraries] = await session.query<{ found: string }>(
    "SELECT COUNT(*) AS found FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = 'LIBRARIES'",
  );
  const routines = await session.query<{ name: string; kind: string }>(
    'SELECT ROUTINE_NAME AS name, ROUTINE_TYPE AS kind FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?',
    [database],
  );
  if (libraries?.found !== '1') return routines;
  const found = await session.query<{ name: string; kind: string }>(
    "SELECT LIBRARY_NAME AS name, 'LIBRARY' AS kind FROM information_schema.LIBRARIES WHERE LIBRARY_SCHEMA = ?",
    [database],
  );
  return [...routines, ...found];
}

/** Names of columns and routines have no case (MySQL manual, "Identifier Case Sensitivity"). */
const columnKey = (table: string, column: string): string => `${table}\0${column.toLowerCase()}`;
const routineKey = (kind: string, name: string): string => `${kind}\0${name.toLowerCase()}`;

/**
 * Both vendors write the names of databases, users and routines into mysql.procs_priv as if their UTF-8 were latin1
 * (`replace_routine_table` in sql/auth of MySQL, sql/sql_acl.cc of MariaDB): `ü` stands there as `Ã¼`. The servers' latin1
 * is Windows-1252 with the five gaps filled, as the encoding of this name is everywhere on the web.
 */
const garbled = (name: string): string => new TextDecoder('latin1').decode(Buffer.from(name, 'utf8'));

const meant = (written: string, names: ReadonlySet<string>): string =>
  names.has(written) ? written : ([...names].find((name) => garbled(name) === written) ?? written);
