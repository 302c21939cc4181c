import type { DiagnosticCode } from '../../base/codes.ts';
import { OperationError } from '../../base/operation-error.ts';

interface ServerError {
  readonly message?: unknown;
  readonly sqlMessage?: unknown;
  readonly errno?: unknown;
  readonly code?: unknown;
}

export interface QueryErrorOptions {
  readonly errno: number | undefined;
  readonly transient: boolean;
  readonly hint?: string;
}

/** A failed statement or connection. `errno` is the server's error number; undefined where the network or the driver failed. */
export class QueryError extends OperationError {
  readonly errno: number | undefined;

  constructor(code: DiagnosticCode, summary: string, options: QueryErrorOptions) {
    super(code, summary, options);
    this.errno = options.errno;
  }
}

/**
 * Server errors after which the same may succeed: too many connections, no thread for one, start and shutdown, lock wait,
 * deadlock, lost or killed connection, interrupted query, changed table definition (MySQL and MariaDB manuals, "Server Error
 * Message Reference"). 4031 ends an idle session of MySQL; MariaDB has it for what no backup asks for.
 */
const transientErrors = new Set([
  1040, 1041, 1053, 1135, 1152, 1158, 1159, 1160, 1161, 1203, 1205, 1213, 1317, 1412, 1927, 1969, 3024, 3168, 3169,
  4031,
]);

/** Of a user's limits, all by one number: those by the hour outlast every retry. */
const isTransient = (errno: number, message: string): boolean =>
  transientErrors.has(errno) || (errno === 1226 && message.includes("'max_user_connections'"));

/** Lock waits of rows and of metadata locks. */
const lockErrors = new Set([1205, 1213]);

/**
 * Errors whose message names accounts, objects or settings but never a value of a row or a part of a statement. All others
 * are reported by their number alone.
 */
const speakable = new Set([
  1007, 1008, 1040, 1044, 1045, 1046, 1049, 1050, 1051, 1053, 1054, 1072, 1091, 1095, 1109, 1130, 1141, 1142, 1143,
  1146, 1147, 1193, 1203, 1205, 1213, 1226, 1227, 1231, 1238, 1290, 1304, 1305, 1317, 1356, 1370, 1396, 1405, 1410,
  1412, 1419, 1449, 1524, 1558, 1559, 1615, 1698, 1820, 1862, 1959, 1969, 2061, 3024, 3118, 3159, 3161, 3530, 3548,
  3619, 4031, 4151,
]);

export const isSpeakable = (errno: number): boolean => speakable.has(errno);

const connectErrors = new Set([
  1040, 1044, 1045, 1049, 1053, 1129, 1130, 1203, 1251, 1698, 1820, 1862, 3118, 3159, 4031, 4151,
]);

/** Turns a driver's error into ours; `doing` is what was attempted. Never shows a statement, a parameter or a row. */
export function queryError(error: unknown, doing: string, hint?: string): QueryError {
  const { message, sqlMessage, errno, code } = error as ServerError;
  const said = hint === undefined ? {} : { hint };
  // Numbers from 45000 on are the driver's own; negative ones are the operating system's.
  if (typeof errno !== 'number' || errno <= 0 || errno >= 45_000) {
    const network =
      /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOENT|ER_SOCKET|ER_CONNECTION_TIMEOUT|ER_CMD_)/;
    return new QueryError('source/connect', `${doing} failed: ${bare(String(message))}`, {
      errno: undefined,
      transient: network.test(String(code)),
      ...said,
    });
  }
  if (lockErrors.has(errno))
    return new QueryError('source/lock-timeout', 'an object stayed locked longer than the lock wait allows', {
      errno,
      transient: true,
      hint: 'Another session holds a lock on it. Back up at another time, or raise dump.lockWait.',
    });
  const text = bare(String(sqlMessage ?? message));
  const why = speakable.has(errno) ? text : 'the server’s message may hold data and is not shown';
  return new QueryError(
    connectErrors.has(errno) ? 'source/connect' : 'source/query',
    `${doing} failed: ${why} (error ${errno})`,
    {
      errno,
      transient: isTransient(errno, text),
      ...said,
    },
  );
}

/** One line without the driver's additions: `(conn:5, no: 1146, SQLState: 42S02) …` before it, the statement after it. */
function bare(text: string): string {
  const [first = ''] = text.replace(/^\(conn:[^)]*\)\s*/, '').split(/\n\s*sql:|\nsql:/);
  return first.replace(/\s+/g, ' ').slice(0, 400);
}
