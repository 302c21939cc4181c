import type { CleanServer } from '../clean-server.ts';
import type { RestoreRequest } from '../engine.ts';
import { roleFacts, settingFacts, tablespaceFacts } from './facts.ts';
import { quoteIdentifier } from './quote.ts';
import { openSession } from './session.ts';

/**
 * The contract is `Engine.clear`. Only for a server that was shown to be empty before the restore: everything that the
 * backup names there is what the restore made. Runs as often as wanted; what is not there is left alone.
 */
export async function clear(target: CleanServer, request: RestoreRequest): Promise<void> {
  const { contents, manifest } = request;
  const database = request.as ?? manifest.address.database;
  const from = database === target.maintenanceDatabase ? 'template1' : target.maintenanceDatabase;
  await using session = await openSession(target, from);
  await session.run(`DROP DATABASE IF EXISTS ${quoteIdentifier(database)} WITH (FORCE)`);
  if (database === 'postgres' || database === target.maintenanceDatabase)
    await session.run(`CREATE DATABASE ${quoteIdentifier(database)} TEMPLATE template0`);
  for (const { name } of tablespaceFacts(contents.inventory))
    await session.run(`DROP TABLESPACE IF EXISTS ${quoteIdentifier(name)}`);
  for (const { role, inDatabase, settings } of settingFacts(contents.inventory)) {
    if (role !== null || inDatabase) continue;
    for (const name of Object.keys(settings))
      await session.run(`ALTER ROLE ALL RESET ${name.split('.').map(quoteIdentifier).join('.')}`);
  }
  const rows = await session.query<{ name: string }>(
    'SELECT rolname AS name FROM pg_roles WHERE oid >= 16384 AND rolname <> session_user',
  );
  const existing = new Set(rows.map(({ name }) => name));
  const roles = roleFacts(contents.inventory)
    .map(({ name }) => name)
    .filter((name) => existing.has(name))
    .map(quoteIdentifier);
  if (roles.length === 0) return;
  // Privileges on parameters and on this database would keep the roles alive.
  await session.run(`DROP OWNED BY ${roles.join(', ')} CASCADE`);
  await session.run(`DROP ROLE ${roles.join(', ')}`);
}
