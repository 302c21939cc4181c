import { matchesGlob } from '../../base/address.ts';
import type { Flavour } from './flavour.ts';
import { quoteName } from './quote.ts';
import type { Session } from './session.ts';

/** Why the vendor's program cannot dump a database at all, and what somebody can do about it. */
export interface Undumpable {
  readonly summary: string;
  readonly help: string;
}

/** What a login with every privilege cannot get out of the dump program either: it would fail at it, or never end. */
export async function readUndumpable(
  session: Session,
  flavour: Flavour,
  { database, excludeTables }: { readonly database: string; readonly excludeTables: readonly string[] },
): Promise<readonly Undumpable[]> {
  const found: Undumpable[] = [];
  const events = await session.query<{ name: string; endless: string }>(
    // All that SHOW CREATE EVENT prints may hold them.
    `SELECT EVENT_NAME AS name,
       CONCAT_WS(' ', EVENT_NAME, DEFINER, EVENT_COMMENT, EVENT_DEFINITION) LIKE '%;;%' AS endless
     FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ? ORDER BY EVENT_NAME`,
    [database],
  );
  const endless = events.filter((event) => event.endless === '1').map(({ name }) => quoteName(name));
  if (endless.length > 0 && session.versionNumber < flavour.endsOnEventsSince)
    found.push({
      summary: `the dump program would never end: ${endless.length === 1 ? 'the event' : 'the events'} ${endless.join(', ')} ${endless.length === 1 ? 'has' : 'have'} two semicolons in a row`,
      help: 'Without them it can be dumped; texts and comments count as well.',
    });
  const [first] = events;
  if (first !== undefined && flavour.lostWithEvents?.test(database) === true)
    found.push({
      summary: `the dump program does not find a database that has events (${quoteName(first.name)}) and a quote, a backslash or a line end in its name`,
      help: 'Move it to a database of another name, or drop its events.',
    });
  const precise = (await preciseHistory(session, database)).filter(
    (table) => !excludeTables.some((pattern) => matchesGlob(pattern, table)),
  );
  if (precise.length > 0)
    found.push({
      summary: `the dump program cannot dump the history of tables that are versioned by transactions: ${precise.map(quoteName).join(', ')}`,
      help: 'Version such tables by time, or leave them out with dump.excludeTables.',
    });
  return found;
}

/** Tables whose rows hold since which transaction they are, not since when (MariaDB manual, "System-Versioned Tables"). */
async function preciseHistory(session: Session, database: string): Promise<readonly string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT c.TABLE_NAME AS name FROM information_schema.COLUMNS c
     JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
     WHERE c.TABLE_SCHEMA = ? AND t.TABLE_TYPE = 'SYSTEM VERSIONED'
       AND c.GENERATION_EXPRESSION = 'ROW START' AND c.DATA_TYPE = 'bigint' ORDER BY c.TABLE_NAME`,
    [database],
  );
  return rows.map(({ name }) => name);
}
