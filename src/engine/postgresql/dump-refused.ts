import type { ServerAccess } from '../server-access.ts';
import { connectionFailure } from './connection-failure.ts';
import { QueryError } from './query-error.ts';

/**
 * Why pg_dump was not let in, as the driver would say it of itself: code, next step, and whether to try again. Undefined
 * where what it said is about something else. `lines` are its own on stderr; libpq tells of every attempt, each on one line.
 */
export function refusedConnection(
  lines: readonly string[],
  { server, database }: { readonly server: ServerAccess; readonly database: string },
): QueryError | undefined {
  const told = lines.flatMap((line) => attempt.exec(line)?.slice(1, 2) ?? []);
  const [first] = told;
  if (first === undefined) return undefined;
  const who = { server, database, program: 'pg_dump' };
  const failures = told.flatMap((message) => {
    const code = words.find(([pattern]) => pattern.test(message))?.[1];
    return code === undefined ? [] : [{ code, message }];
  });
  if (failures.length > 0) return connectionFailure(who, failures);
  // A server that speaks another language. The login and the way were good a moment ago, so most likely it is full.
  const { message } = connectionFailure(who, [{ message: first }]);
  return new QueryError('source/connect', message, { sqlState: undefined, transient: true });
}

/** libpq speaks English here (LC_ALL=C): `connection to server at "h" (::1), port 1 failed: …` (fe-connect.c, since 14). */
const attempt =
  /^(?:pg_dump: error: )?(?:connection to server .*? failed: (?:FATAL: {2})?(?=.)|(?=could not translate host name))(.*)$/;

/** The server's words and libpq's, and the codes that the driver has for them: SQLSTATEs, and those of Node. */
const words: readonly (readonly [RegExp, string])[] = [
  [/^password authentication failed/, '28P01'],
  [/no password supplied/, 'no password'],
  [/pg_hba\.conf|authentication failed|is not permitted to log in|^role .* does not exist|client certificate/, '28000'],
  [/^database .* does not exist/, '3D000'],
  [/is not currently accepting connections/, '55000'],
  [/^permission denied/, '42501'],
  [/too many c(?:lients|onnections)|connection slots are reserved/, '53300'],
  [/^the database system is /, '57P03'],
  [/^terminating connection/, '57P01'],
  [/^Connection refused/, 'ECONNREFUSED'],
  [/^No such file or directory/, 'ENOENT'],
  [/Temporary failure in name resolution/, 'EAI_AGAIN'],
  [/^could not translate host name/, 'ENOTFOUND'],
  [/timeout expired|timed out/, 'ETIMEDOUT'],
  [/^server closed the connection|reset by peer|SYSCALL error/, 'ECONNRESET'],
  [/does not support SSL/, 'no TLS'],
  [/does not match host name/, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [/SSL error: .*alert/, 'ERR_SSL_ALERT'],
  // A file that libpq does not take, a cipher: nothing that another try changes.
  [/SSL|certificate|private key/, 'TLS'],
];
