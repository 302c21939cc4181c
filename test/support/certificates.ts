import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { serverUser } from './server-user.ts';

export interface Certificate {
  readonly cert: string;
  /** Mode 0600. */
  readonly key: string;
}

/** A folder of certificates made by openssl for one test, by authorities that exist only there. */
export interface Certificates extends AsyncDisposable {
  /** A root that signs others. */
  authority(name: string): Promise<Certificate>;
  /** Signed by `by`, for the DNS name or the role `commonName`. `for: 'server'` belongs to the user that servers run as. */
  issue(by: Certificate, commonName: string, wish: { readonly for: 'server' | 'client' }): Promise<Certificate>;
}

export async function openCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'hf-tls-'));
  await chmod(folder, 0o755);
  let serial = 0;
  const place = (): Certificate => {
    serial += 1;
    return { cert: join(folder, `${serial}.crt`), key: join(folder, `${serial}.key`) };
  };
  const openssl = (args: readonly string[]): Promise<unknown> => execa('openssl', args);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  return {
    async authority(name) {
      const made = place();
      await openssl([
        'req',
        '-x509',
        ...newKey,
        '-keyout',
        made.key,
        '-out',
        made.cert,
        '-days',
        '2',
        '-subj',
        `/CN=${name}`,
      ]);
      return made;
    },
    async issue(by, commonName, wish) {
      const made = place();
      const [request, extensions] = [`${made.cert}.csr`, `${made.cert}.ext`];
      await writeFile(extensions, wish.for === 'server' ? `subjectAltName=DNS:${commonName}\n` : '');
      await openssl(['req', ...newKey, '-keyout', made.key, '-out', request, '-subj', `/CN=${commonName}`]);
      const dates = ['-days', '2', '-extfile', extensions, '-out', made.cert];
      const signer = ['-CA', by.cert, '-CAkey', by.key, '-set_serial', String(serial)];
      await openssl(['x509', '-req', '-in', request, ...signer, ...dates]);
      await chmod(made.key, 0o600);
      if (wish.for === 'server' && serverUser.uid !== undefined && serverUser.gid !== undefined)
        await chown(made.key, serverUser.uid, serverUser.gid);
      return made;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
