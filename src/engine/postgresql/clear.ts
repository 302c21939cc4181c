import type { CleanServer } from '../clean-server.ts';
import type { RestoreRequest } from '../engine.ts';
import { quoteIdentifier } from './quote.ts';
import { openSession } from './session.ts';

/**
 * The contract is `Engine.clear`: removes what the restore noted as its own and nothing else, whoever made it meanwhile
 * under whatever name. Runs as often as wanted; what is not there is left alone.
 */
export async function clear(target: CleanServer, _request: RestoreRequest): Promise<void> {
  const { databases, roles, tablespaces, settings } = target.made;
  await using session = await openSession(target, 'template1');
  for (const database of databases) {
    await session.run(`DROP DATABASE IF EXISTS ${quoteIdentifier(database)} WITH (FORCE)`);
    if (database === 'postgres' || database === target.maintenanceDatabase)
      await session.run(`CREATE DATABASE ${quoteIdentifier(database)} TEMPLATE template0`);
    databases.delete(database);
  }
  for (const name of tablespaces) await session.run(`DROP TABLESPACE IF EXISTS ${quoteIdentifier(name)}`);
  for (const name of settings)
    await session.run(`ALTER ROLE ALL RESET ${name.split('.').map(quoteIdentifier).join('.')}`);
  const rows = await session.query<{ name: string }>('SELECT rolname AS name FROM pg_roles WHERE oid >= 16384');
  const existing = rows.map(({ name }) => name).filter((name) => roles.has(name));
  if (existing.length === 0) return;
  const names = existing.map(quoteIdentifier).join(', ');
  // Privileges on parameters and on this database would keep the roles alive.
  await session.run(`DROP OWNED BY ${names} CASCADE`);
  await session.run(`DROP ROLE ${names}`);
}
