import { OperationError } from '../../base/operation-error.ts';
import type { Fact } from '../../manifest/manifest.ts';
import { madeOn, type CleanServer, type OpenServer } from '../clean-server.ts';
import type { ServerAccess } from '../server-access.ts';
import { databaseStatement } from './database-sql.ts';
import type { Flavour } from './flavour.ts';
import { quoteName } from './quote.ts';
import { openSession } from './session.ts';

export interface DatabaseRequest {
  readonly facts: readonly Fact[];
  readonly name: string;
  readonly overwrite: boolean;
  readonly signal: AbortSignal;
}

/** How long a database that is in use keeps itself from being dropped. */
const dropWaitMs = 60_000;

/**
 * Makes the empty database with every property. An existing one throws `restore/database-exists` unless `overwrite`. The
 * statements come from the facts, so that another name is only another name.
 */
export async function makeDatabase(
  server: CleanServer | OpenServer,
  flavour: Flavour,
  { facts, name, overwrite, signal }: DatabaseRequest,
): Promise<void> {
  const replace = await mayReplace(server, flavour, { name, overwrite, signal });
  madeOn(server)?.databases.add(name);
  await using session = await openSession(server, flavour, { signal, lockWaitMs: dropWaitMs });
  if (replace) await session.run(`DROP DATABASE ${quoteName(name)}`);
  await session.run(databaseStatement(facts, name));
}

/** Whether a database of that name exists and may go. Throws `restore/database-exists` where it may not. */
export async function mayReplace(
  server: ServerAccess,
  flavour: Flavour,
  { name, overwrite, signal }: Omit<DatabaseRequest, 'facts'>,
): Promise<boolean> {
  if (flavour.ownDatabases.includes(name.toLowerCase())) {
    throw new OperationError('restore/database-exists', `${name} belongs to the server and is never restored over`, {
      hint: 'Restore it under another name.',
    });
  }
  await using session = await openSession(server, flavour, { signal });
  // Compared as the server compares names of databases, which lower_case_table_names decides: SHOW does, a catalog may not.
  const rows = await session.query(
    `SELECT 1 FROM information_schema.schemata WHERE schema_name = ? OR (@@lower_case_table_names <> 0 AND LOWER(schema_name) = LOWER(?))`,
    [name, name],
  );
  if (rows.length === 0) return false;
  if (overwrite) return true;
  throw new OperationError('restore/database-exists', `database ${JSON.stringify(name)} exists on ${server.name}`, {
    hint: 'Restore under another name with --as, or replace it with --overwrite-database.',
  });
}
