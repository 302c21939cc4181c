import { expect, test } from 'vitest';
import { OperationError } from '../../src/base/operation-error.ts';
import type { ServerAccess } from '../../src/engine/server-access.ts';
import { dumpVerdict } from '../../src/engine/postgresql/dump-verdict.ts';

const server: ServerAccess = {
  name: 'main',
  connection: { host: 'db.example', port: 5432, user: 'backup', tls: { mode: 'verify-full', ca: '/etc/ca.pem' } },
  maintenanceDatabase: 'postgres',
};
const dumped = { server, database: 'shop' };

test.for(['canceling statement', 'terminating connection'])('%s on a standby is worth another try', (how) => {
  const verdict = dumpVerdict(dumped);
  verdict.line(
    `pg_dump: error: Dumping the contents of table "t" failed: ERROR:  ${how} due to conflict with recovery`,
  );
  expect(verdict.failure(new OperationError('process/failed', 'pg_dump exited with 1'))).toMatchObject({
    code: 'dump/failed',
    transient: true,
    hint: expect.stringContaining('hot_standby_feedback') as string,
  });
});

/** `pg_dump: error: connection to server …`, as libpq ends it, and what is told of it. */
const refusals: readonly (readonly [string, string, boolean, RegExp | undefined])[] = [
  ['FATAL:  the database system is starting up', '57P03', true, undefined],
  ['FATAL:  the database system is shutting down', '57P03', true, undefined],
  ['FATAL:  sorry, too many clients already', '53300', true, /dump\.jobs/],
  [
    'FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute',
    '53300',
    true,
    /dump\.jobs/,
  ],
  ['server closed the connection unexpectedly', 'server closed', true, undefined],
  ['timeout expired', 'timeout expired', true, undefined],
  ['FATAL:  pg_hba.conf rejects connection for host "::1", user "backup"', '28000', false, undefined],
  ['FATAL:  Passwort-Authentifizierung fehlgeschlagen', 'Passwort-Authentifizierung', true, undefined],
  ['SSL error: sslv3 alert certificate expired', 'alert certificate expired', false, /client certificate/],
];

test.for(refusals)('pg_dump refused with “%s” is told as that', ([said, told, transient, hint]) => {
  const verdict = dumpVerdict(dumped);
  verdict.line(`pg_dump: error: connection to server at "db.example" (192.0.2.7), port 5432 failed: ${said}`);
  const failure = verdict.failure(new OperationError('process/failed', 'pg_dump exited with 1'));
  expect(failure).toMatchObject({ code: 'source/connect', transient });
  expect(failure.message).toContain('pg_dump’s connection to main, database "shop", failed');
  expect(failure.message).toContain(told);
  expect(failure.hint ?? '').toMatch(hint ?? /^$/);
});

test('a warning that leaves nothing out passes, any other fails', () => {
  const verdict = dumpVerdict(dumped);
  verdict.line('pg_dump: warning: there are circular foreign-key constraints on this table:');
  expect(() => verdict.checkWarnings()).not.toThrow();
  verdict.line('pg_dump: warning: could not find where to insert IF EXISTS');
  expect(() => verdict.checkWarnings()).toThrow('pg_dump warned');
});
