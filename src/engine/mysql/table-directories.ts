import type { Degradation } from '../../manifest/manifest.ts';
import type { Catalog } from './catalog.ts';
import { quoteName } from './quote.ts';

/**
 * A session in this mode makes all files of tables and partitions in the server's own data directory, whatever their
 * statements say (both manuals, "sql_mode"): directories of a source mean nothing to another server, and on the same machine
 * they are the source's.
 */
export const ownDirectoryOnly = "SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_DIR_IN_CREATE')";

/** Tables some of whose files lie outside of the server's data directory, where no restore puts them. */
export async function elsewhere(catalog: Catalog): Promise<readonly Degradation[]> {
  const { session, database, inDatabase } = catalog;
  const tables = await session.query<{ name: string }>(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
     WHERE ${inDatabase('TABLE_SCHEMA')} AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND (${await candidates(catalog)})
     ORDER BY TABLE_NAME`,
  );
  const found: Degradation[] = [];
  for (const { name } of tables) {
    const [row] = await session.query(`SHOW CREATE TABLE ${quoteName(database)}.${quoteName(name)}`);
    const { directories } = withoutDirectories(row?.['Create Table'] ?? '');
    if (directories.length > 0)
      found.push({
        code: 'object-not-restorable',
        subject: `table ${quoteName(name)}`,
        detail: `files of it lie in ${directories.join(', ')}: a restore leaves that out and makes them in the data directory of its server`,
      });
  }
  return found;
}

/**
 * A condition for the tables whose statements have to be read. MariaDB tells directories of tables, and none of partitions.
 * MySQL tells none, and lets no InnoDB table have one that its settings do not name (manual, "Creating Tables Externally").
 */
async function candidates({ session, has }: Catalog): Promise<string> {
  if (!has('TABLESPACES_EXTENSIONS.TABLESPACE_NAME'))
    return "CREATE_OPTIONS LIKE '%DIRECTORY=%' OR CREATE_OPTIONS LIKE '%partitioned%'";
  const [row] = await session.query<{ known: string }>(
    "SELECT CONCAT(COALESCE(@@innodb_directories, ''), COALESCE(@@innodb_data_home_dir, ''), TRIM(LEADING './' FROM @@innodb_undo_directory)) AS known",
  );
  return row?.known === '' ? "ENGINE = 'MyISAM'" : "ENGINE IN ('MyISAM', 'InnoDB')";
}

/** A CREATE TABLE statement, or options of one, without its directories, and those that it names. */
export function withoutDirectories(text: string): { readonly text: string; readonly directories: readonly string[] } {
  const directories = new Set<string>();
  const rest = text.replaceAll(token, (found, directory?: string) => {
    if (directory === undefined) return found;
    directories.add(directory);
    return '';
  });
  return { text: rest, directories: [...directories] };
}

/** Names and texts are passed over: they may hold anything. Servers print a directory as it is. */
const token =
  /`(?:[^`]|``)*`|(?:^| )(?:DATA|INDEX) DIRECTORY ?= ?'([^']*)'|'(?:[^'\\]|''|\\[\s\S])*'|"(?:[^"\\]|""|\\[\s\S])*"/g;
