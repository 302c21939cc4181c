import type { ServerAccess } from '../server-access.ts';
import { QueryError } from './query-error.ts';
import { silentSettings } from './silent-session.ts';
import { openSession, type Session, type SessionOptions } from './session.ts';

/**
 * A session on a restored database. It may have come back with settings that keep everybody out of this server: a library
 * to preload that is not installed here, or an event trigger on login (17 and later). A superuser may switch both off, and
 * the server's log; for anyone else, the settings stay as they are.
 */
export async function openRestored(
  server: ServerAccess,
  database: string,
  options: SessionOptions = {},
): Promise<Session> {
  for (const settings of [
    { ...silentSettings, session_preload_libraries: '', event_triggers: 'off' },
    { ...silentSettings, session_preload_libraries: '' },
  ]) {
    try {
      return await openSession(server, database, { ...options, settings });
    } catch (error) {
      if (!(error instanceof QueryError) || !refused.has(error.sqlState ?? '')) throw error;
    }
  }
  return openSession(server, database, options);
}

/** No such setting; not allowed to set it. */
const refused: ReadonlySet<string> = new Set(['42704', '42501']);
