import { readFile, stat } from 'node:fs/promises';
import { checkServerIdentity, getCACertificates, type ConnectionOptions } from 'node:tls';
import type { Connection } from '../base/connection.ts';
import { messageOf, OperationError } from '../base/operation-error.ts';

/** One way to try a connection: in the clear (`false`) or with these TLS options. */
export type Attempt = false | ConnectionOptions;

/**
 * The ways to try, in order, that a TLS mode stands for (named as libpq names them: PostgreSQL manual, "SSL Support", table
 * of sslmode). The drivers have none of this: they take `require` for verify-full and never fall back. Unix sockets never use
 * TLS. With a root certificate, libpq checks the chain in every mode that uses TLS (`initialize_SSL` in fe-secure-openssl.c).
 * Throws `source/connect` where a certificate file cannot be used.
 */
export async function tlsAttempts(connection: Connection): Promise<readonly Attempt[]> {
  const { host, tls } = connection;
  if (host.startsWith('/') || tls.mode === 'disable') return [false];
  const files: ConnectionOptions = {
    ...(tls.ca === undefined ? {} : { ca: await readPem(tls.ca) }),
    ...(tls.cert === undefined ? {} : { cert: await readPem(tls.cert) }),
    ...(tls.key === undefined ? {} : { key: await readKey(tls.key) }),
  };
  const authority: ConnectionOptions = { ...files, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  const encrypted = tls.ca === undefined ? { ...files, rejectUnauthorized: false } : authority;
  switch (tls.mode) {
    case 'allow':
      return [false, encrypted];
    case 'prefer':
      return [encrypted, false];
    case 'require':
      return [encrypted];
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
          ca: [...getCACertificates('system')],
          ...files,
          rejectUnauthorized: true,
          checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
        },
      ];
    default:
      return tls.mode satisfies never;
  }
}

/** libpq refuses a key that others may read (manual, "Client Certificates"), so a driver must not be the one to use it. */
async function readKey(path: string): Promise<Buffer> {
  const key = await readPem(path);
  const { mode, uid } = await stat(path);
  if ((mode & (uid === 0 ? 0o037 : 0o077)) === 0) return key;
  throw new OperationError('source/connect', `others may read the private key ${path}`, {
    hint: `Run: chmod 600 ${path}`,
  });
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
