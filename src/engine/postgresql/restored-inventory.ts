import type { Contents, Fact } from '../../manifest/manifest.ts';
import type { CleanServer, OpenServer } from '../clean-server.ts';
import { countTables, hashFacts } from './counts.ts';
import { roleFacts } from './facts.ts';
import { readInventory } from './inventory.ts';
import { openRestored } from './restored-session.ts';
import type { Session } from './session.ts';
import { readDumpableTables } from './tables.ts';

/**
 * The contract is `Engine.inventory`: the restored database, read as the source was. The scope of roles is the backup's;
 * verifiers are read exactly where the backup holds any.
 */
export async function restoredInventory(
  target: CleanServer | OpenServer,
  database: string,
  contents: Contents,
): Promise<readonly Fact[]> {
  const roles = roleFacts(contents.inventory);
  await using session = await openRestored(target, database);
  await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const facts = await readInventory(session, {
    roles: new Set(roles.map(({ name }) => name)),
    passwords: roles.some(({ password }) => password !== undefined),
  });
  facts.push(...(await rowHashes(session, contents)));
  await session.run('ROLLBACK');
  return facts;
}

/** Where the backup has the source's own hashes of rows (`dump.serverHashes`), the restored server makes them too. */
async function rowHashes(session: Session, { inventory }: Contents): Promise<readonly Fact[]> {
  const hashed = new Set(inventory.filter(({ kind }) => kind === 'rows-hash').map(({ name }) => name));
  if (hashed.size === 0) return [];
  const tables = await readDumpableTables(session, { excludeTables: [], excludeTableData: [] });
  const wanted = tables.filter(({ name }) => hashed.has(name));
  return hashFacts(await countTables([session], wanted, { hashes: true }), wanted);
}
