import type { ServerAccess } from '../server-access.ts';
import { queryError, QueryError } from './query-error.ts';

/**
 * Why no way to connect worked: `source/connect`. `failures` are the driver's, one per attempt, in order; there is at least
 * one. `program` where it was not the driver that connected.
 */
export function connectionFailure(server: ServerAccess, failures: readonly unknown[], program?: string): QueryError {
  const failure = failures.at(-1);
  const whose = program === undefined ? 'the connection' : `${program}’s connection`;
  const { message, errno, transient, hint } = queryError(
    failure,
    `${whose} to ${server.name}`,
    hintFor(failure, server),
  );
  // Whatever the server calls it: a limit that is reached is no failed query.
  return new QueryError('source/connect', message, { errno, transient, ...(hint === undefined ? {} : { hint }) });
}

function hintFor(failure: unknown, { connection }: ServerAccess): string | undefined {
  const { code, errno } = failure as { readonly code?: unknown; readonly errno?: unknown };
  const { host, port, user } = connection;
  const at = host.startsWith('/') ? host : `port ${port} of ${host}`;
  if (code === 'ECONNREFUSED' || code === 'ENOENT')
    return `No server listens on ${at}: check host and port, and that it runs.`;
  if (code === 'ENOTFOUND') return `Check the host name ${host}.`;
  if (errno === 1045) return `Check where the password of ${user} comes from, and for which host the account is.`;
  if (errno === 1040 || errno === 1203 || errno === 1226)
    return `A dump opens dump.jobs connections, beside Holdfast’s own. Lower it, or raise max_connections or the limits of ${user}.`;
  if (errno === 1130) return `The server knows no account of ${user} for the address that this machine comes from.`;
  return undefined;
}
