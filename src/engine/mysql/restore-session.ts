import type { ServerAccess } from '../server-access.ts';
import type { Flavour } from './flavour.ts';
import { QueryError } from './query-error.ts';
import { openSession, readWrite } from './session.ts';

/** What a restore needs to know about the server that it writes to. */
export interface TargetServer {
  readonly versionNumber: number;
  /** Whether changes go to a binary log. */
  readonly logsChanges: boolean;
  /** Whether the statements of a session can be kept out of the general log. */
  readonly silent: boolean;
  /**
   * Statements that sessions of the restore begin with: of the wanted ones those that the login may use and the server knows.
   */
  readonly preamble: readonly string[];
}

/** Rows and hashes of accounts pass through sessions of a restore. */
const silence = 'SET SESSION sql_log_off = 1';

/**
 * Settings of the server that would change or stop what is restored. Tables come back as they were, also without a primary
 * key, and nothing invisible is added to them; options that this server cannot honour are dropped instead of refused, which
 * a comparison shows.
 */
const wanted: readonly string[] = [
  silence,
  'SET SESSION sql_require_primary_key = 0',
  'SET SESSION sql_generate_invisible_primary_key = 0',
  'SET SESSION explicit_defaults_for_timestamp = 1',
  'SET SESSION innodb_strict_mode = 0',
  readWrite,
  'SET SESSION autocommit = 1',
  'SET SESSION lock_wait_timeout = 3600',
  'SET SESSION innodb_lock_wait_timeout = 3600',
];

/** Looks at the server and writes nothing. Throws what the session throws. */
export async function lookAtTarget(
  server: ServerAccess,
  flavour: Flavour,
  options: { readonly signal: AbortSignal },
): Promise<TargetServer> {
  await using session = await openSession(server, flavour, options);
  const preamble: string[] = [];
  for (const statement of [...wanted, ...flavour.sessionSettings]) {
    try {
      await session.run(statement);
      preamble.push(statement);
    } catch (error) {
      if (!(error instanceof QueryError) || !refused.has(error.errno ?? 0)) throw error;
    }
  }
  const [row] = await session.query<{ logged: string }>('SELECT @@log_bin AS logged');
  return {
    versionNumber: session.versionNumber,
    logsChanges: row?.logged === '1',
    silent: preamble.includes(silence),
    preamble,
  };
}

/** Unknown system variable; access denied for want of a privilege; a read-only variable. */
const refused: ReadonlySet<number> = new Set([1193, 1227, 1238]);
