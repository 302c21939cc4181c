import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OperationError } from '../../src/base/operation-error.ts';
import { Secret } from '../../src/base/secret.ts';
import type { ServerAccess } from '../../src/engine/server-access.ts';
import { captureInto } from '../support/capture.ts';
import { type Certificate, type Certificates, openCertificates } from '../support/certificates.ts';
import { onFreePort } from '../support/free-port.ts';
import { placeLauncher } from '../support/launcher.ts';
import { majors, startPostgresql, type TestServer } from '../support/postgresql.ts';

let certificates: Certificates;
let ours: Certificate;
let stranger: Certificate;
let unknownClient: Certificate;
beforeAll(async () => {
  certificates = await openCertificates();
  ours = await certificates.authority('ours');
  stranger = await certificates.authority('stranger');
  unknownClient = await certificates.issue(stranger, 'dumper', { for: 'client' });
});
afterAll(() => certificates[Symbol.asyncDispose]());

/** The tool's own sessions come in, and pg_dump is refused: it finds this in its environment instead. */
interface Refusal {
  readonly what: string;
  readonly env: () => Readonly<Record<string, string>>;
  readonly transient: boolean;
  readonly told: RegExp;
  readonly hint?: RegExp;
}

const refusals: readonly Refusal[] = [
  {
    what: 'with a wrong password',
    env: () => ({ PGPASSWORD: 'wrong' }),
    transient: false,
    told: /password authentication failed for user "dumper" \(SQLSTATE 28P01\)/,
    hint: /password of dumper/,
  },
  {
    what: 'without a password',
    env: () => ({ PGPASSFILE: '/dev/null' }),
    transient: false,
    told: /no password supplied/,
    hint: /password of dumper, and none was given/,
  },
  {
    what: 'as somebody who may not log in',
    env: () => ({ PGUSER: 'idle', PGPASSWORD: 'p' }),
    transient: false,
    told: /"idle" is not permitted to log in/,
  },
  {
    what: 'in the clear',
    env: () => ({ PGSSLMODE: 'disable' }),
    transient: false,
    told: /no encryption \(SQLSTATE 28000\)/,
    hint: /without TLS/,
  },
  {
    what: 'of too many connections',
    env: () => ({ PGUSER: 'full', PGPASSWORD: 'p' }),
    transient: true,
    told: /too many connections for role "full" \(SQLSTATE 53300\)/,
    hint: /dump\.jobs/,
  },
  {
    what: 'of a database that is gone',
    env: () => ({ PGDATABASE: 'gone' }),
    transient: false,
    told: /database "gone" does not exist/,
  },
  {
    what: 'of a database that takes no connections',
    env: () => ({ PGDATABASE: 'closed' }),
    transient: false,
    told: /not currently accepting connections/,
  },
  {
    what: 'of a database that is not the login’s',
    env: () => ({ PGDATABASE: 'private' }),
    transient: false,
    told: /permission denied for database "private"/,
  },
  {
    what: 'of a certificate that it cannot trust',
    env: () => ({ PGSSLROOTCERT: stranger.cert }),
    transient: false,
    told: /certificate verify failed/,
    hint: /tls\.ca/,
  },
  {
    what: 'of a certificate for another name',
    env: () => ({ PGHOST: '127.0.0.1' }),
    transient: false,
    told: /does not match host name/,
    hint: /verify-ca/,
  },
  {
    what: 'of its own certificate',
    env: () => ({ PGSSLCERT: unknownClient.cert, PGSSLKEY: unknownClient.key }),
    transient: false,
    told: /alert unknown ca/,
    hint: /client certificate/,
  },
  {
    what: 'of a name that stands for no host',
    env: () => ({ PGHOST: 'absent.invalid' }),
    transient: false,
    told: /could not translate host name/,
    hint: /Check the host name/,
  },
  {
    what: 'where nobody listens any more',
    env: () => ({ PGPORT: '1' }),
    transient: true,
    told: /Connection refused/,
    hint: /No server listens/,
  },
];

describe.each(majors)('PostgreSQL %i', (major) => {
  let server: TestServer;
  beforeAll(async () => {
    const cert = await certificates.issue(ours, 'localhost', { for: 'server' });
    const ssl = { ssl: 'on', ssl_cert_file: cert.cert, ssl_key_file: cert.key, ssl_ca_file: ours.cert };
    server = await onFreePort((port) =>
      startPostgresql({
        major,
        hba: ['hostssl all all 127.0.0.1/32 scram-sha-256'],
        settings: { listen_addresses: '127.0.0.1', port: String(port), ...ssl },
      }),
    );
    for (const statement of [
      "CREATE ROLE dumper LOGIN BYPASSRLS PASSWORD 'p' IN ROLE pg_read_all_data",
      "CREATE ROLE idle NOLOGIN PASSWORD 'p'",
      "CREATE ROLE full LOGIN PASSWORD 'p' CONNECTION LIMIT 0",
      'CREATE DATABASE shop',
      'CREATE DATABASE closed ALLOW_CONNECTIONS false',
      'CREATE DATABASE private',
      'REVOKE CONNECT ON DATABASE private FROM PUBLIC',
    ])
      await server.sql('postgres', statement);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const access = (clients: string): ServerAccess => ({
    ...server.access('main'),
    clients,
    connection: {
      host: 'localhost',
      port: server.port,
      user: 'dumper',
      password: new Secret('p'),
      tls: { mode: 'verify-full', ca: ours.cert },
    },
  });

  test.for(refusals)('pg_dump refused $what is told as that', async ({ env, transient, told, hint }) => {
    const folder = await mkdtemp(join(tmpdir(), 'hf-clients-'));
    try {
      const changes = Object.entries(env()).map(([name, value]) => `${name}=${value}`);
      placeLauncher(join(folder, 'pg_dump'), ['/usr/bin/env', ...changes, join(server.binaries, 'pg_dump')]);
      await symlink(join(server.binaries, 'pg_restore'), join(folder, 'pg_restore'));
      const failure = await captureInto(access(folder), 'shop').then(
        () => undefined,
        (error: unknown) => error as OperationError,
      );
      expect(failure).toMatchObject({ code: 'source/connect', transient });
      expect(failure?.message).toMatch(/^pg_dump’s connection to main, database "shop", failed: /);
      expect(failure?.message).toMatch(told);
      expect(failure?.hint ?? '').toMatch(hint ?? /^$/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
