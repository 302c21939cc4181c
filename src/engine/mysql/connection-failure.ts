import type { ServerAccess } from '../server-access.ts';
import { queryError, type QueryError } from './query-error.ts';

/** Why no way to connect worked. `failures` are the driver's, one per attempt, in order; there is at least one. */
export function connectionFailure(server: ServerAccess, failures: readonly unknown[]): QueryError {
  const failure = failures.at(-1);
  return queryError(failure, `the connection to ${server.name}`, hintFor(failure, server));
}

function hintFor(failure: unknown, { connection }: ServerAccess): string | undefined {
  const { code, errno } = failure as { readonly code?: unknown; readonly errno?: unknown };
  const { host, port, user } = connection;
  const at = host.startsWith('/') ? host : `port ${port} of ${host}`;
  if (code === 'ECONNREFUSED' || code === 'ENOENT')
    return `No server listens on ${at}: check host and port, and that it runs.`;
  if (code === 'ENOTFOUND') return `Check the host name ${host}.`;
  if (errno === 1045) return `Check where the password of ${user} comes from, and for which host the account is.`;
  if (errno === 1130) return `The server knows no account of ${user} for the address that this machine comes from.`;
  return undefined;
}
