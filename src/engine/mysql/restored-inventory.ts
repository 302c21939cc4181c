import type { Engine } from '../engine.ts';
import { restoredAccess } from './access.ts';
import type { Flavour } from './flavour.ts';
import { readInventory } from './inventory.ts';
import { withPastEvents } from './past-events.ts';
import { hashedTables, hashTables } from './server-hashes.ts';
import { openSession } from './session.ts';

/**
 * The contract is `Engine.inventory`: the restored database, read as the source was. The scope of accounts is the backup's;
 * where it has the source's own hashes of rows, the restored server makes them too.
 */
export function restoredInventory(flavour: Flavour): Engine['inventory'] {
  return async (target, database, contents) => {
    await using session = await openSession(target, flavour);
    // It reads password hashes, and the server may log statements; a login that may not set it has no way around that.
    await session.run('SET SESSION sql_log_off = 1').catch(() => undefined);
    const structure = await withPastEvents(
      session,
      await readInventory(session, flavour, { database }),
      contents.inventory,
    );
    const access = await restoredAccess(session, flavour, { database, contents });
    const hashes = await hashTables(session, { database, tables: hashedTables(contents.inventory) });
    return [...structure, ...access, ...hashes];
  };
}
