import { OperationError } from '../../base/operation-error.ts';
import type { Fact, Manifest } from '../../manifest/manifest.ts';
import { madeOn, type CleanServer, type OpenServer } from '../clean-server.ts';
import type { ServerAccess } from '../server-access.ts';
import { databaseStatements } from './database-sql.ts';
import { quoteIdentifier } from './quote.ts';
import { databaseContent } from './server-content.ts';
import { openSession } from './session.ts';
import { openSilent } from './silent-session.ts';

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
 * `restore/database-exists` unless `overwrite`, or it is the `postgres` database of a clean server, which is made anew when
 * nothing is in it. The statements come from the facts, so that another name is only another name.
 */
export async function makeDatabase(server: CleanServer | OpenServer, request: DatabaseRequest): Promise<void> {
  const { name, source, signal } = request;
  const from = name === server.maintenanceDatabase ? 'template1' : server.maintenanceDatabase;
  const replace = await mayReplace(server, name, request);
  madeOn(server)?.databases.add(name);
  await using session = await openSilent(server, from, { signal });
  if (replace) await session.run(`DROP DATABASE ${quoteIdentifier(name)} WITH (FORCE)`);
  for (const statement of databaseStatements(factsFor(request), { name, bootstrap: source.bootstrapRole })) {
    await session.run(statement);
  }
}

/** Whether a database of that name exists and may go. Throws where it may not. */
export async function mayReplace(
  server: CleanServer | OpenServer,
  name: string,
  { overwrite, signal }: { readonly overwrite: boolean; readonly signal: AbortSignal },
): Promise<boolean> {
  if (name === 'template0' || name === 'template1') {
    throw new OperationError(
      'restore/database-exists',
      `${name} is a template of the server and is never restored over`,
      { hint: 'Restore it under another name.' },
    );
  }
  if (!(await databaseExists(server, name, signal))) return false;
  if (overwrite) return true;
  // On a server in use nobody knows what an empty database is for.
  if (madeOn(server) !== undefined && (name === 'postgres' || name === server.maintenanceDatabase)) {
    await using session = await openSession(server, name, { signal });
    if ((await databaseContent(session)).length === 0) return true;
  }
  throw new OperationError('restore/database-exists', `database ${JSON.stringify(name)} exists on ${server.name}`, {
    hint: 'Restore under another name with --as, or replace it with --overwrite-database.',
  });
}

async function databaseExists(server: ServerAccess, name: string, signal: AbortSignal): Promise<boolean> {
  await using session = await openSession(server, server.maintenanceDatabase, { signal });
  const rows = await session.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  return rows.length > 0;
}

function factsFor({ facts, useDefaultTablespace }: DatabaseRequest): readonly Fact[] {
  if (!useDefaultTablespace) return facts;
  return facts.map((fact) =>
    fact.kind === 'database' ? { ...fact, value: { ...fact.value, tablespace: 'pg_default' } } : fact,
  );
}
