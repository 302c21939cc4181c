import type { DiagnosticCode } from '../../base/codes.ts';
import { OperationError } from '../../base/operation-error.ts';

/** What the driver's errors carry that is used here (PostgreSQL manual, "Error and Notice Message Fields"). */
interface ServerError {
  readonly message: string;
  readonly code?: unknown;
}

export interface QueryErrorOptions {
  readonly sqlState: string | undefined;
  readonly transient: boolean;
  readonly hint?: string;
}

/** A failed statement or connection. `sqlState` is the server's five characters; undefined where the network failed. */
export class QueryError extends OperationError {
  readonly sqlState: string | undefined;

  constructor(code: DiagnosticCode, summary: string, options: QueryErrorOptions) {
    super(code, summary, options);
    this.sqlState = options.sqlState;
  }
}

/**
 * SQLSTATEs after which the same may succeed: connection lost, shutdown, restart, too many connections, serialization,
 * deadlock, lock; and a relation that is not there, because ours are named by the catalogs of a moment ago.
 */
const transientStates = /^(08|57P0[1-5]|53300|40001|40P01|42P01|55P03|57014)/;

/** The same of functions on catalogs, which report it as an internal error. It holds OIDs only and is never translated. */
const dropped = /^(cache lookup failed for|could not open relation with OID) /;

/**
 * Classes whose primary message names objects, roles and settings but never a value of a row. Everything else (22 data
 * exceptions, 23 constraints, P0 and XX with free text) is reported by its SQLSTATE alone.
 */
const speakableStates = /^(0A|08|25|28|2B|3D|3F|42|53|55|57|58)/;

/**
 * Turns a driver's error into ours; `doing` is what was attempted ("query", "connection to db on host"), `hint` a next step.
 * Never shows a statement, a parameter or a row.
 */
export function queryError(error: unknown, doing: string, hint?: string): QueryError {
  const { message, code } = error as ServerError;
  // Node's own codes (EPIPE) have no digit.
  const state = typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined;
  if (state === undefined) {
    // No SQLSTATE: the socket, TLS or the driver itself.
    return new QueryError('source/connect', `${doing} failed: ${oneLine(String(message))}`, {
      sqlState: undefined,
      transient: isNetwork(error),
      ...(hint === undefined ? {} : { hint }),
    });
  }
  if (state === '55P03') {
    const summary = 'an object stayed locked longer than the lock wait allows';
    return new QueryError('source/lock-timeout', summary, { sqlState: state, transient: true, hint: lockHint });
  }
  const isGone = state === 'XX000' && dropped.test(message);
  const why =
    isGone || speakableStates.test(state) ? oneLine(message) : 'the server’s message may hold data and is not shown';
  const kind = /^(08|28|3D|57P)/.test(state) ? 'source/connect' : 'source/query';
  return new QueryError(kind, `${doing} failed: ${why} (SQLSTATE ${state})`, {
    sqlState: state,
    transient: isGone || transientStates.test(state),
    ...(hint === undefined ? {} : { hint }),
  });
}

export const lockHint =
  'Another session holds an ACCESS EXCLUSIVE lock. Back up at another time, or raise dump.lockWait.';

function isNetwork(error: unknown): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message: string };
  if (typeof code === 'string' && /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOENT)/.test(code))
    return true;
  // The last one is the driver's for a server that has no process left and says so before it speaks TLS (BackendStartup in
  // postmaster.c).
  return /connection (terminated|ended|error)|timeout expired|error establishing an SSL connection/i.test(
    String(message),
  );
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 400);
}
