import type { Secret } from './secret.ts';

/** TLS as libpq names it (PostgreSQL manual, "SSL Support", table of sslmode). */
export interface Tls {
  readonly mode: 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';
  /** Path of a PEM file with the authorities to trust. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * How to reach a server, secrets resolved. `host` is a name, an address, or a directory with a Unix socket (starts with `/`).
 */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: Secret;
  readonly tls: Tls;
}
