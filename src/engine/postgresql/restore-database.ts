import { OperationError } from '../../base/operation-error.ts';
import type { Fact, Manifest } from '../../manifest/manifest.ts';
import type { ServerAccess } from '../server-access.ts';
import { databaseStatements } from './database-sql.ts';
import { quoteIdentifier } from './quote.ts';
import { openSession, type Session } from './session.ts';

export interface DatabaseRequest {
  readonly facts: readonly Fact[];
  readonly source: Manifest['source'];
  readonly name: string;
  /** Put it into the default tablespace, whatever the facts say. */
  readonly useDefaultTablespace: boolean;
  readonly overwrite: boolean;
  readonly signal: AbortSignal;
}

/**
 * Makes the empty database with every property, owner, privileges and settings. An existing one throws
 * `restore/database-exists` unless `overwrite`, or it is the `postgres` database of a new server, which is made anew when
 * nothing is in it. The statements come from the facts, so that another name is only another name.
 */
export async function makeDatabase(server: ServerAccess, request: DatabaseRequest): Promise<void> {
  const { name, source, signal } = request;
  if (name === 'template0' || name === 'template1') {
    throw new OperationError(
      'restore/database-exists',
      `${name} is a template of the server and is never restored over`,
      {
        hint: 'Restore it under another name.',
      },
    );
  }
  const from = name === server.maintenanceDatabase ? 'template1' : server.maintenanceDatabase;
  const replace = await mayReplace(server, request);
  await using session = await openSession(server, from, { signal });
  if (replace) await session.run(`DROP DATABASE ${quoteIdentifier(name)} WITH (FORCE)`);
  for (const statement of databaseStatements(factsFor(request), { name, bootstrap: source.bootstrapRole })) {
    await session.run(statement);
  }
}

/** Whether a database of that name exists and may go. Throws where it may not. */
async function mayReplace(server: ServerAccess, { name, overwrite, signal }: DatabaseRequest): Promise<boolean> {
  if (!(await databaseExists(server, name, signal))) return false;
  if (overwrite) return true;
  if (name === 'postgres') {
    await using session = await openSession(server, name, { signal });
    if ((await userObjects(session)).length === 0) return true;
  }
  throw new OperationError('restore/database-exists', `database ${JSON.stringify(name)} exists on ${server.name}`, {
    hint: 'Restore under another name with --as, or replace it with --overwrite-database.',
  });
}

export async function databaseExists(server: ServerAccess, name: string, signal?: AbortSignal): Promise<boolean> {
  await using session = await openSession(server, server.maintenanceDatabase, signal === undefined ? {} : { signal });
  const rows = await session.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  return rows.length > 0;
}

/** Some names of what users made in the database of this session; empty where it is as initdb left it. */
export async function userObjects(session: Session): Promise<readonly string[]> {
  const rows = await session.query<{ name: string }>(`
    SELECT 'schema ' || nspname AS name FROM pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_(toast|temp)'
    UNION ALL SELECT 'extension ' || extname FROM pg_extension WHERE oid >= 16384
    UNION ALL SELECT 'relation ' || relname FROM pg_class WHERE oid >= 16384 AND relkind NOT IN ('t', 'i', 'I')
      AND relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_(toast|temp)')
    UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT 'large object ' || oid FROM pg_largeobject_metadata
    LIMIT 5`);
  return rows.map(({ name }) => name);
}

function factsFor({ facts, useDefaultTablespace }: DatabaseRequest): readonly Fact[] {
  if (!useDefaultTablespace) return facts;
  return facts.map((fact) =>
    fact.kind === 'database' ? { ...fact, value: { ...fact.value, tablespace: 'pg_default' } } : fact,
  );
}
