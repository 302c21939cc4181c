import type { ServerAccess } from '../server-access.ts';
import { connectionFailure } from './connection-failure.ts';
import type { QueryError } from './query-error.ts';

/**
 * Why a dump program was not let in, as the driver would say it of itself: code, next step, and whether to try again.
 * Undefined where what it said is about something else.
 */
export function refusedConnection(
  lines: readonly string[],
  { server, program }: { readonly server: ServerAccess; readonly program: string },
): QueryError | undefined {
  // Of both vendors; MariaDB's puts the message into quotes (connect_to_db in mysqldump.c).
  const [, outer = '', said = ''] =
    lines.map((line) => /Got error: (\d+): "?(.*?)"? when trying to connect$/.exec(line)).find(Boolean) ?? [];
  if (outer === '') return undefined;
  // MariaDB's wraps what the server answers instead of its part of a TLS handshake.
  const [, inner = outer, message = said] = /TLS handshake\. .*: (\d+) - (.*)$/.exec(said) ?? [];
  const number = Number(inner);
  const failure =
    number >= 2000 && number < 3000
      ? { code: clientCode(number, message), message }
      : { errno: number, sqlMessage: message };
  return connectionFailure(server, [failure], program);
}

/** Node's code for what the client library calls by its own number (manuals, "Client Error Message Reference"). */
function clientCode(number: number, message: string): string {
  switch (number) {
    case 2002:
    case 2003:
      // The operating system's number: refused, no such socket, and what MariaDB's has for both.
      return /\((?:111|2|115)\)/.test(message) ? 'ECONNREFUSED' : 'EHOSTUNREACH';
    case 2005:
      return 'ENOTFOUND';
    case 2026:
      return /certificate|verif|alert|support/i.test(message) ? 'TLS' : 'ECONNRESET';
    case 2006:
    case 2012:
    case 2013:
    case 2055:
      return 'ECONNRESET';
    default:
      // An authentication plugin that it lacks, for one: no other try will have it.
      return 'CLIENT';
  }
}
