import { expect, test } from 'vitest';
import { refusedConnection } from '../../../src/engine/mysql/dump-refused.ts';

const server = {
  name: 'main',
  connection: { host: 'db.example', port: 3306, user: 'backup', tls: { mode: 'require' } },
  maintenanceDatabase: 'mysql',
} as const;

/** What the programs of both vendors were seen to say. */
const said: readonly (readonly [string, boolean, string])[] = [
  ['1040: Too many connections', true, 'Too many connections (error 1040)'],
  [
    '2002: "Received error packet before completion of TLS handshake. The authenticity of the following error cannot be verified: 1040 - Too many connections"',
    true,
    'Too many connections (error 1040)',
  ],
  ['1053: Server shutdown in progress', true, 'Server shutdown in progress (error 1053)'],
  ["2003: Can't connect to MySQL server on '127.0.0.1:1' (113)", true, "Can't connect to MySQL server"],
  ["2013: Lost connection to MySQL server at 'reading initial communication packet'", true, 'Lost connection'],
  ["2059: Authentication plugin 'dialog' cannot be loaded: no such file", false, 'cannot be loaded'],
  ['2061: Authentication requires secure connection.', false, 'requires secure connection'],
  ['2026: SSL connection error: unexpected eof while reading', true, 'unexpected eof'],
  ['2026: SSL connection error: error:0A000086:SSL routines::certificate verify failed', false, 'verify failed'],
  ['2026: "TLS/SSL error: self-signed certificate"', false, 'self-signed certificate'],
];

test.for(said)('“Got error: %s when trying to connect” is told as that', ([words, transient, told]) => {
  const line = `mariadb-dump: Got error: ${words} when trying to connect`;
  const failure = refusedConnection(['other words', line], { server, program: 'mariadb-dump' });
  expect(failure).toMatchObject({ code: 'source/connect', transient });
  expect(failure?.message).toMatch(/^mariadb-dump’s connection to main failed: /);
  expect(failure?.message).toContain(told);
});

test('an error after the connection is no refusal', () => {
  const lines = ["mysqldump: Got error: 1049: Unknown database 'gone' when selecting the database"];
  expect(refusedConnection(lines, { server, program: 'mysqldump' })).toBeUndefined();
});
