import type { Connection } from '../../base/connection.ts';
import type { ServerAccess } from '../server-access.ts';
import { queryError, QueryError } from './query-error.ts';

export interface Connecting {
  readonly server: ServerAccess;
  readonly database: string;
  /** Where it was not the driver that connected. */
  readonly program?: string;
}

/**
 * Why no way to connect worked: `source/connect`. `failures` are the driver's, one per attempt, in order; there is at least
 * one.
 */
export function connectionFailure(connecting: Connecting, failures: readonly unknown[]): QueryError {
  const { server, database, program } = connecting;
  const [first, ...others] = failures;
  // With two attempts, the telling one is that which got further.
  const told = others.reduce((best, failure) => (rank(failure) > rank(best) ? failure : best), first);
  const { code, message } = told as Failure;
  if (code === '08P01' && /startup parameter/.test(String(message))) return poolerBetween(server);
  const whose = program === undefined ? 'the connection' : `${program}’s connection`;
  const doing = `${whose} to ${server.name}, database ${JSON.stringify(database)},`;
  const { message: summary, sqlState, transient, hint } = queryError(told, doing, hintFor(told, server.connection));
  // Whatever the server calls it: too many connections are no failed query.
  return new QueryError('source/connect', summary, { sqlState, transient, ...(hint === undefined ? {} : { hint }) });
}

/**
 * A snapshot is shared by several sessions, and settings given at start-up must last: a pooler passes on neither. PgBouncer
 * refuses such settings unless it is told to ignore them; then its sessions are known by not being those of the server.
 */
export function poolerBetween(server: ServerAccess): QueryError {
  return new QueryError('source/connect', `${server.name} is reached through a connection pooler`, {
    sqlState: '08P01',
    transient: false,
    hint: 'Give the server’s own host and port.',
  });
}

/** Nobody there: with or without TLS makes no difference, and libpq does not try again either. */
export function isUnreachable(failure: unknown): boolean {
  const { code, message } = failure as Failure;
  return (
    /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ENOENT)$/.test(String(code)) ||
    /timeout expired/.test(String(message))
  );
}

interface Failure {
  readonly message?: unknown;
  readonly code?: unknown;
}

function rank(failure: unknown): number {
  const { message, code } = failure as Failure;
  if (/does not support SSL/.test(String(message))) return 0;
  // No line of pg_hba.conf fits, or the method asks for more.
  return code === '28000' ? 1 : 2;
}

const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
]);

function hintFor(failure: unknown, { host, port, user, tls }: Connection): string | undefined {
  const { message: text, code } = failure as Failure;
  const message = String(text);
  const at = host.startsWith('/') ? `the socket for port ${port} in ${host}` : `port ${port} of ${host}`;
  if (code === 'ECONNREFUSED' || code === 'ENOENT')
    return `No server listens on ${at}: check host and port, and that it runs.`;
  if (code === 'ENOTFOUND') return `Check the host name ${host}.`;
  if (/does not support SSL/.test(message))
    return `The server has ssl = off, and tls.mode ${tls.mode} needs it. Turn it on there, or choose another mode.`;
  // libpq says no more than that.
  if (/certificate verify failed/.test(message))
    return `The server’s certificate has expired, or does not come from an authority in ${tls.ca ?? 'the system’s store'}: name the right file with tls.ca.`;
  if (untrusted.has(String(code))) {
    return `The server’s certificate does not come from an authority in ${tls.ca ?? 'the system’s store'}. Name the right file with tls.ca.`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'Give as host a name that the certificate holds, or use tls.mode verify-ca, which does not compare it.';
  if (code === 'CERT_HAS_EXPIRED') return 'Renew the server’s certificate.';
  if (/^ERR_SSL_.*(ALERT|alert)/.test(String(code)))
    return 'The server refused the TLS connection or the client certificate. Its authority must be in the server’s ssl_ca_file.';
  // The driver's own words (pg, crypto/sasl.js), with and without an empty one, and libpq's.
  if (/client password must be|no password supplied/.test(message))
    return `The server asks for a password of ${user}, and none was given: name where it comes from, with password in the spec or --to-password of a restore.`;
  if (code === '28P01') return `Check where the password of ${user} comes from: it is not the one that the server has.`;
  if (code === '53300')
    return `A dump opens one connection more than dump.jobs, beside three of Holdfast’s own. Lower it, or raise max_connections or the limit of ${user} or of the database.`;
  if (code !== '28000') return undefined;
  if (/no encryption/.test(message))
    return 'pg_hba.conf has no line for this login without TLS. Set tls.mode to require or stricter.';
  if (/SSL (encryption|on)/.test(message))
    return 'pg_hba.conf has no line for this login with TLS. Add a hostssl or host line.';
  if (/client certificate/.test(message)) return 'The server asks for a client certificate: give tls.cert and tls.key.';
  if (/certificate authentication failed/.test(message))
    return `The common name of tls.cert must be ${user}, or be mapped to it in pg_ident.conf.`;
  return undefined;
}
