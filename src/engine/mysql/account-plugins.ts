import { OperationError } from '../../base/operation-error.ts';
import type { Fact } from '../../manifest/manifest.ts';
import { accountFacts, pluginFacts } from './account-facts.ts';
import { literal } from './account-literal.ts';
import { quoteName } from './quote.ts';
import type { Session } from './session.ts';

/** Authentication plugins that the accounts of a backup need and this server has not loaded. */
export async function missingPlugins(session: Session, facts: readonly Fact[]): Promise<readonly string[]> {
  const rows = await session.query<{ name: string }>(
    "SELECT PLUGIN_NAME AS name FROM information_schema.PLUGINS WHERE PLUGIN_TYPE = 'AUTHENTICATION' AND PLUGIN_STATUS = 'ACTIVE'",
  );
  const active = new Set(rows.map(({ name }) => name.toLowerCase()));
  const needed = new Set(accountFacts(facts).flatMap(({ plugins }) => plugins));
  return [...needed].filter((plugin) => !active.has(plugin.toLowerCase())).sort();
}

/**
 * Loads what is missing on a server that is Holdfast's own for the moment: on a server in use that is its administrator's to
 * decide. Throws `restore/failed` where the server's folder of plugins has not got it.
 */
export async function loadPlugins(session: Session, facts: readonly Fact[]): Promise<void> {
  const libraries = new Map(pluginFacts(facts).map(({ name, library }) => [name, library]));
  for (const name of await missingPlugins(session, facts)) {
    const library = libraries.get(name);
    try {
      // The server takes a file name within its own folder of plugins only.
      if (library !== undefined)
        await session.run(`INSTALL PLUGIN ${quoteName(name)} SONAME ${literal(`${library}.so`)}`);
    } catch (error) {
      throw new OperationError('restore/failed', `the server cannot load the authentication plugin ${name}`, {
        hint: `Accounts of the backup log in with it. Install what carries ${library ?? name} on the server.`,
        cause: error,
      });
    }
  }
}
