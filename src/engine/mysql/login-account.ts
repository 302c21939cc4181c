import type { ServerAccess } from '../server-access.ts';
import { matchesPattern } from './database-pattern.ts';
import { definerOf } from './definers.ts';
import type { Flavour } from './flavour.ts';
import { accountName } from './quote.ts';
import { openSession } from './session.ts';

/** What a login's name means on one server, seen from where the connection comes from. */
export interface LoginAccount {
  readonly user: string;
  /** Undefined where only the user was named. */
  readonly host: string | undefined;
  readonly isMissing: boolean;
  /** Why a refusal would prove nothing. */
  readonly cannotTry: string | undefined;
}

interface Row {
  readonly user: string;
  readonly host: string;
  readonly tls: string;
}

/**
 * Looks the account up as the administrator: an account for another host would be refused whatever its password is, and one
 * that wants TLS over a connection without it too.
 */
export async function loginAccount(target: ServerAccess, flavour: Flavour, role: string): Promise<LoginAccount> {
  await using session = await openSession(target, flavour);
  const [me] = await session.query<{ me: string }>('SELECT USER() AS me');
  const from = definerOf(me?.me ?? '').host;
  const rows = await session.query<Row>('SELECT User AS user, Host AS host, ssl_type AS tls FROM mysql.user');
  const named = rows.find((row) => accountName(row) === role && row.host !== '');
  const user = named?.user ?? role;
  const host = named?.host;
  const reachable = rows.filter((row) => row.user === user && (host === undefined || row.host === host));
  const known = { user, host, isMissing: reachable.length === 0 };
  if (known.isMissing) return { ...known, cannotTry: `the server has no account ${role}` };
  const here = reachable.filter((row) => isFor(row.host, from));
  if (here.length === 0)
    return {
      ...known,
      cannotTry: `the account is for ${reachable.map((row) => row.host).join(', ')}, and this connection comes from ${from}, so its password cannot be tried from here`,
    };
  const isPlain = target.connection.host.startsWith('/') || target.connection.tls.mode === 'disable';
  if (isPlain && here.every(({ tls }) => tls !== ''))
    return { ...known, cannotTry: 'the account wants TLS, and the connection to this server has none' };
  return { ...known, cannotTry: undefined };
}

/** Patterns, netmasks (`10.0.0.0/255.0.0.0`, `/8`) and names (MySQL manual, "Specifying Account Names"). */
function isFor(host: string, from: string): boolean {
  const [network, mask] = host.split('/', 2);
  if (mask === undefined) return host === '' || matchesPattern(host.toLowerCase(), from.toLowerCase());
  const address = bitsOf(from);
  const wanted = bitsOf(network ?? '');
  const bits = /^\d+$/.test(mask) ? (2n ** BigInt(mask) - 1n) << BigInt(32 - Number(mask)) : bitsOf(mask);
  return address !== undefined && wanted !== undefined && bits !== undefined && (address & bits) === wanted;
}

function bitsOf(address: string): bigint | undefined {
  const parts = address.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part))) return undefined;
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}
