import { readFile } from 'node:fs/promises';
import { checkServerIdentity, type ConnectionOptions } from 'node:tls';
import { messageOf, OperationError } from '../../base/operation-error.ts';
import type { Connection } from '../../base/connection.ts';

/** One way to try a connection: in the clear (`false`) or with these TLS options. */
export type Attempt = false | ConnectionOptions;

/**
 * The ways to try, in order, that libpq's `sslmode` stands for (PostgreSQL manual, "SSL Support", table of sslmode).
 * The driver has none of this: it takes `require` for verify-full and never falls back. Unix sockets never use TLS.
 * Throws `source/connect` where a certificate file cannot be read.
 */
export async function tlsAttempts(connection: Connection): Promise<readonly Attempt[]> {
  const { host, tls } = connection;
  if (host.startsWith('/') || tls.mode === 'disable') return [false];
  const files: ConnectionOptions = {
    ...(tls.ca === undefined ? {} : { ca: await readPem(tls.ca) }),
    ...(tls.cert === undefined ? {} : { cert: await readPem(tls.cert) }),
    ...(tls.key === undefined ? {} : { key: await readPem(tls.key) }),
  };
  const unchecked: ConnectionOptions = { ...files, rejectUnauthorized: false };
  const authority: ConnectionOptions = { ...files, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  switch (tls.mode) {
    case 'allow':
      return [false, unchecked];
    case 'prefer':
      return [unchecked, false];
    case 'require':
      // With a root certificate, libpq checks the chain in this mode too.
      return [tls.ca === undefined ? unchecked : authority];
    case 'verify-ca':
      if (tls.ca === undefined) {
        throw new OperationError('source/connect', 'tls mode verify-ca needs a ca file', {
          hint: 'Name the authority with tls.ca, or use verify-full to trust the system’s authorities.',
        });
      }
      return [authority];
    case 'verify-full':
      // The name is checked here because Node would compare with "localhost" where the host is an address.
      return [
        {
          ...files,
          rejectUnauthorized: true,
          checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
        },
      ];
  }
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new OperationError('source/connect', `cannot read the certificate file ${path}`, {
      hint: `${messageOf(error)}.`,
    });
  }
}
