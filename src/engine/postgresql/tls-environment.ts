import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import type { Connection } from '../../base/connection.ts';

/**
 * What `tlsAttempts` is for a driver, for libpq: its environment. Every file is named, also one that does not exist: it would
 * look for its own in ~/.postgresql otherwise, and the driver does not. The system's authorities go by a file written into
 * `scratch`, because libpq has known a name for them since 16 only.
 */
export async function tlsEnvironment(
  connection: Connection,
  scratch: string,
): Promise<Readonly<Record<string, string>>> {
  const { host, tls } = connection;
  const absent = join(scratch, 'absent.pem');
  let authority = tls.ca ?? absent;
  if (tls.ca === undefined && tls.mode === 'verify-full' && !host.startsWith('/')) {
    authority = join(scratch, 'authorities.pem');
    await writeFile(authority, getCACertificates('system').join('\n'));
  }
  return {
    PGSSLMODE: host.startsWith('/') ? 'disable' : tls.mode,
    PGSSLROOTCERT: authority,
    PGSSLCERT: tls.cert ?? absent,
    PGSSLKEY: tls.key ?? absent,
    PGSSLCRL: absent,
  };
}
