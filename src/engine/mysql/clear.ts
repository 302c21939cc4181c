import type { CleanServer } from '../clean-server.ts';
import type { Flavour } from './flavour.ts';
import { quoteAccount, quoteName, type Account } from './quote.ts';
import { openSession } from './session.ts';

/**
 * The contract is `Engine.clear`: removes what the restore noted as its own and nothing else, whoever made it meanwhile
 * under whatever name. Accounts are noted as `quoteAccount` writes them. Runs as often as wanted; what is not there is left
 * alone.
 */
export const clear =
  (flavour: Flavour) =>
  async (target: CleanServer): Promise<void> => {
    const { databases, roles } = target.made;
    await using session = await openSession(target, flavour);
    for (const database of databases) {
      await session.run(`DROP DATABASE IF EXISTS ${quoteName(database)}`);
      databases.delete(database);
    }
    const rows = await session.query<Account>('SELECT User AS user, Host AS host FROM mysql.user');
    for (const account of rows) {
      const name = quoteAccount(account);
      if (!roles.has(name)) continue;
      await session.run(flavour.dropAccount(account));
      roles.delete(name);
    }
  };
