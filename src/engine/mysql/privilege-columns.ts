import type { Session } from './session.ts';

/** A column of mysql.user or mysql.db and the privilege that it stands for. */
export interface PrivilegeColumn {
  readonly column: string;
  readonly privilege: string;
}

/** Columns and values whose name is not the privilege's (MySQL manual, "Grant Tables", and sql/sql_acl of both). */
const named: Readonly<Record<string, string>> = {
  'REPL SLAVE': 'REPLICATION SLAVE',
  'REPL CLIENT': 'REPLICATION CLIENT',
  'CREATE TMP TABLE': 'CREATE TEMPORARY TABLES',
  'SHOW DB': 'SHOW DATABASES',
  'DELETE VERSIONING ROWS': 'DELETE HISTORY',
};

/** `Create View`, `Delete versioning rows` and the like as GRANT takes them. */
export function privilegeNamed(value: string): string {
  const plain = value.replaceAll('_', ' ').toUpperCase();
  return named[plain] ?? plain;
}

/** The columns that the login may read of a grant table. */
export async function readColumns(session: Session, table: 'user' | 'db'): Promise<readonly string[]> {
  const rows = await session.query<{ Field: string }>(`SHOW COLUMNS FROM mysql.${table}`);
  return rows.map(({ Field }) => Field);
}

/** Releases add columns, so they are asked for. `Grant_priv` is an option and no privilege. */
export function privilegeColumns(columns: readonly string[]): readonly PrivilegeColumn[] {
  return columns
    .filter((column) => column.endsWith('_priv') && column !== 'Grant_priv')
    .map((column) => ({ column, privilege: privilegeNamed(column.slice(0, -'_priv'.length)) }));
}

/** The privileges that a row has, sorted. */
export const privilegesIn = (
  row: Readonly<Record<string, string | null>>,
  columns: readonly PrivilegeColumn[],
): readonly string[] =>
  columns
    .filter(({ column }) => row[column] === 'Y')
    .map(({ privilege }) => privilege)
    .sort();
