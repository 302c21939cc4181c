import { chmod, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OperationError } from '../../../src/base/operation-error.ts';
import { Secret } from '../../../src/base/secret.ts';
import type { Connection, Tls } from '../../../src/base/connection.ts';
import type { ServerAccess } from '../../../src/engine/server-access.ts';
import { libpqEnvironment } from '../../../src/engine/postgresql/libpq-environment.ts';
import { openSession } from '../../../src/engine/postgresql/session.ts';
import { runCommand } from '../../../src/system/run.ts';
import { withScratch } from '../../../src/system/scratch.ts';
import { captureInto } from '../../support/capture.ts';
import { type Certificate, type Certificates, openCertificates } from '../../support/certificates.ts';
import { onFreePort } from '../../support/free-port.ts';
import { majors, startPostgresql, type TestServer } from '../../support/postgresql.ts';

type Outcome = 'tls' | 'clear' | 'refused';

let certificates: Certificates;
let ours: Certificate;
let stranger: Certificate;
const held: AsyncDisposable[] = [];

async function start(
  hba: readonly string[],
  cert: Certificate | 'ssl off',
  major = majors[0] ?? 0,
): Promise<TestServer> {
  const ssl =
    cert === 'ssl off' ? {} : { ssl: 'on', ssl_cert_file: cert.cert, ssl_key_file: cert.key, ssl_ca_file: ours.cert };
  const server = await onFreePort((port) =>
    startPostgresql({ major, hba, settings: { listen_addresses: '127.0.0.1', port: String(port), ...ssl } }),
  );
  held.push(server);
  return server;
}

const byTcp = (server: TestServer, tls: Tls, login: Partial<Connection> = {}): ServerAccess => ({
  ...server.access('shop'),
  connection: { host: 'localhost', port: server.port, user: server.user, tls, ...login },
});

const question = 'SELECT ssl::text AS ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';

async function byDriver(access: ServerAccess): Promise<Outcome> {
  try {
    await using session = await openSession(access, 'postgres');
    const [row] = await session.query<{ ssl: string }>(question);
    return row?.ssl === 'true' ? 'tls' : 'clear';
  } catch (error) {
    if (error instanceof OperationError && error.code === 'source/connect') return 'refused';
    throw error;
  }
}

const byPsql = (access: ServerAccess): Promise<Outcome> =>
  withScratch('tls-test', async (scratch) => {
    try {
      const { stdout } = await runCommand({
        program: join(access.clients ?? '', 'psql'),
        args: ['-XAtw', '-c', question],
        env: await libpqEnvironment(access, 'postgres', scratch),
        stdout: 'text',
      });
      return stdout.trim() === 'true' ? 'tls' : 'clear';
    } catch (error) {
      if (error instanceof OperationError && error.code === 'process/failed') return 'refused';
      throw error;
    }
  });

const failure = (access: ServerAccess): Promise<OperationError> =>
  openSession(access, 'postgres').then(
    () => {
      throw new Error('it connected');
    },
    (error: unknown) => error as OperationError,
  );

beforeAll(async () => {
  certificates = await openCertificates();
  ours = await certificates.authority('ours');
  stranger = await certificates.authority('stranger');
});

afterAll(async () => {
  for (const each of held) await each[Symbol.asyncDispose]();
  await certificates[Symbol.asyncDispose]();
});

/** Outcomes in the order of `modes`; `with` those with the server's authority as ca, `without` those without a ca. */
const modes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
const situations: readonly {
  readonly name: string;
  readonly hba: string;
  readonly certificate: 'right' | 'wrong name' | 'of a stranger' | 'ssl off';
  readonly without: readonly Outcome[];
  readonly with: readonly Outcome[];
}[] = [
  {
    name: 'takes both',
    hba: 'host',
    certificate: 'right',
    without: ['clear', 'clear', 'tls', 'tls'],
    with: ['clear', 'clear', 'tls', 'tls', 'tls', 'tls'],
  },
  {
    name: 'takes TLS only',
    hba: 'hostssl',
    certificate: 'right',
    without: ['refused', 'tls', 'tls', 'tls'],
    with: ['refused', 'tls', 'tls', 'tls', 'tls', 'tls'],
  },
  {
    name: 'takes no TLS by pg_hba.conf',
    hba: 'hostnossl',
    certificate: 'right',
    without: ['clear', 'clear', 'clear', 'refused'],
    with: ['clear', 'clear', 'clear', 'refused', 'refused', 'refused'],
  },
  {
    name: 'has ssl off',
    hba: 'host',
    certificate: 'ssl off',
    without: ['clear', 'clear', 'clear', 'refused'],
    with: ['clear', 'clear', 'clear', 'refused', 'refused', 'refused'],
  },
  {
    name: 'has a certificate for another name',
    hba: 'hostssl',
    certificate: 'wrong name',
    without: ['refused', 'tls', 'tls', 'tls'],
    with: ['refused', 'tls', 'tls', 'tls', 'tls', 'refused'],
  },
  {
    name: 'has a certificate of another authority',
    hba: 'hostssl',
    certificate: 'of a stranger',
    without: ['refused', 'tls', 'tls', 'tls'],
    with: ['refused', 'refused', 'refused', 'refused', 'refused', 'refused'],
  },
  {
    name: 'has a certificate of another authority and takes both',
    hba: 'host',
    certificate: 'of a stranger',
    without: ['clear', 'clear', 'tls', 'tls'],
    with: ['clear', 'clear', 'clear', 'refused', 'refused', 'refused'],
  },
];

describe('a mode of TLS means for the driver what it means for psql, with a server that', () => {
  // libpq decides anew since 17 (`init_allowed_encryption_methods`): both kinds are compared.
  const tried = [...new Set([majors[0], majors.at(-1)])].flatMap((major) =>
    situations.map((situation) => ({ major, ...situation })),
  );
  test.for(tried)('$name (PostgreSQL $major)', async (situation) => {
    const certificate =
      situation.certificate === 'ssl off'
        ? 'ssl off'
        : await certificates.issue(
            situation.certificate === 'of a stranger' ? stranger : ours,
            situation.certificate === 'wrong name' ? 'db.example' : 'localhost',
            { for: 'server' },
          );
    const server = await start([`${situation.hba} all all 127.0.0.1/32 trust`], certificate, situation.major);
    for (const [ca, expected] of [
      [{}, situation.without],
      [{ ca: ours.cert }, situation.with],
    ] as const) {
      const accesses = modes.slice(0, expected.length).map((mode) => byTcp(server, { mode, ...ca }));
      expect(await Promise.all(accesses.map(byDriver))).toEqual(expected);
      expect(await Promise.all(accesses.map(byPsql))).toEqual(expected);
    }
  });
});

test.for(majors)('a client certificate logs in to PostgreSQL %i', async (major) => {
  const cert = await certificates.issue(ours, 'localhost', { for: 'server' });
  const server = await start(['hostssl all app 127.0.0.1/32 cert'], cert, major);
  await server.sql('postgres', 'CREATE ROLE app LOGIN SUPERUSER');
  const app = await certificates.issue(ours, 'app', { for: 'client' });
  const other = await certificates.issue(ours, 'other', { for: 'client' });
  const forged = await certificates.issue(stranger, 'app', { for: 'client' });
  const readable = { cert: app.cert, key: `${app.key}.readable` };
  await copyFile(app.key, readable.key);
  await chmod(readable.key, 0o644);
  const using = (files: Partial<Tls>): ServerAccess =>
    byTcp(server, { mode: 'verify-full', ca: ours.cert, ...files }, { user: 'app' });

  expect([await byDriver(using(app)), await byPsql(using(app))]).toEqual(['tls', 'tls']);
  await using capture = await captureInto(using(app), 'postgres');
  expect(capture.captured.entries.map(({ kind }) => kind)).toContain('dump-toc');
  for (const [files, hint] of [
    [{}, /give tls.cert and tls.key/],
    [other, /common name of tls.cert must be app/],
    [forged, /ssl_ca_file/],
    [readable, /chmod 600/],
  ] as const) {
    expect([await byDriver(using(files)), await byPsql(using(files))]).toEqual(['refused', 'refused']);
    expect((await failure(using(files))).hint).toMatch(hint);
  }
});

test('a failed connection names what is wrong and the next step', async () => {
  const right = await certificates.issue(ours, 'localhost', { for: 'server' });
  const wrongName = await certificates.issue(ours, 'db.example', { for: 'server' });
  const only = await start(['hostssl all all 127.0.0.1/32 trust'], right);
  const never = await start(['hostnossl all all 127.0.0.1/32 trust'], right);
  const misnamed = await start(['host all all 127.0.0.1/32 trust'], wrongName);
  const off = await start(['host all all 127.0.0.1/32 trust'], 'ssl off');
  const told = async (server: TestServer, tls: Tls): Promise<string> => {
    const { message, hint } = await failure(byTcp(server, tls));
    expect(message).toContain('shop');
    return `${message}\n${hint}`;
  };
  expect(await told(only, { mode: 'disable' })).toMatch(/no encryption.*\n.*Set tls.mode to require/);
  expect(await told(never, { mode: 'require' })).toMatch(/SSL encryption.*\n.*hostssl or host line/);
  expect(await told(misnamed, { mode: 'verify-full', ca: ours.cert })).toMatch(/db\.example.*\n.*verify-ca/);
  expect(await told(off, { mode: 'require' })).toMatch(/does not support SSL.*\n.*ssl = off/);
  expect(await told(only, { mode: 'verify-ca', ca: stranger.cert })).toContain(`an authority in ${stranger.cert}`);
  expect(await told(only, { mode: 'verify-full' })).toMatch(/the system’s store. Name the right file with tls.ca/);
  // Both attempts fail; the one in the clear has less to say.
  expect(await told(only, { mode: 'prefer', ca: stranger.cert })).toContain(`an authority in ${stranger.cert}`);
  expect((await failure(byTcp(only, { mode: 'verify-ca', ca: '/nowhere/ca.pem' }))).message).toBe(
    'cannot read the certificate file /nowhere/ca.pem',
  );
});

test('a password over TLS is proven by SCRAM and never told', async () => {
  const cert = await certificates.issue(ours, 'localhost', { for: 'server' });
  for (const kind of ['hostssl', 'hostnossl', 'host']) {
    const server = await start([`${kind} all app 127.0.0.1/32 scram-sha-256`], cert);
    await server.sql('postgres', "CREATE ROLE app LOGIN PASSWORD 'right canary'");
    const login = (password: string): ServerAccess =>
      byTcp(server, { mode: 'prefer', ca: ours.cert }, { user: 'app', password: new Secret(password) });
    const expected = kind === 'hostnossl' ? 'clear' : 'tls';
    expect([await byDriver(login('right canary')), await byPsql(login('right canary'))]).toEqual([expected, expected]);
    expect(await byPsql(login('wrong canary'))).toBe('refused');
    const error = await failure(login('wrong canary'));
    expect(error.message).toContain('28P01');
    expect(error.hint).toContain('the password of app');
    expect((await failure(byTcp(server, { mode: 'prefer', ca: ours.cert }, { user: 'app' }))).hint).toContain(
      'asks for a password of app, and none was given',
    );
    expect(JSON.stringify(error) + String(error) + error.hint + String(error.stack)).not.toContain('canary');
  }
});
