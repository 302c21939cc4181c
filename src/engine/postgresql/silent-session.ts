import type { ServerAccess } from '../server-access.ts';
import { QueryError } from './query-error.ts';
import { openSession, type Session, type SessionOptions } from './session.ts';

/**
 * Nothing of what a session says reaches the server's log or its statistics. Given at start-up, because a server logs a
 * message before its first statement acts (exec_simple_query in postgres.c): a script cannot hide itself. The last four
 * belong to modules; without their module they are placeholders that nobody reads (manual, "Customized Options"). Only a
 * superuser may set these: to others the server refuses the connection.
 */
export const silentSettings: Readonly<Record<string, string>> = {
  log_statement: 'none',
  log_duration: 'off',
  log_min_duration_statement: '-1',
  log_min_duration_sample: '-1',
  log_transaction_sample_rate: '0',
  log_min_error_statement: 'panic',
  // DETAIL and CONTEXT of an error hold rows.
  log_error_verbosity: 'terse',
  debug_print_parse: 'off',
  debug_print_rewritten: 'off',
  debug_print_plan: 'off',
  'pg_stat_statements.track': 'none',
  'pg_stat_statements.track_utility': 'off',
  'pgaudit.log': 'none',
  'auto_explain.log_min_duration': '-1',
};

/** A session for statements that hold secrets of a backup. Where the login may not silence the server, one that is heard. */
export async function openSilent(
  server: ServerAccess,
  database: string,
  options: SessionOptions = {},
): Promise<Session> {
  try {
    return await openSession(server, database, { ...options, settings: { ...silentSettings, ...options.settings } });
  } catch (error) {
    if (!(error instanceof QueryError) || error.sqlState !== '42501') throw error;
    return openSession(server, database, options);
  }
}
