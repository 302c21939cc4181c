import type { Contents, Fact } from '../../manifest/manifest.ts';
import type { CleanServer, OpenServer } from '../clean-server.ts';
import { roleFacts } from './facts.ts';
import { readInventory } from './inventory.ts';
import { openRestored } from './restored-session.ts';

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
  await session.run('ROLLBACK');
  return facts;
}
