import { expect, test } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { captureInto } from '../../support/capture.ts';
import { majors, startPostgresql } from '../../support/postgresql.ts';

const password = 'p:a\\ss "w" ü';

test.for(majors)('driver and pg_dump of PostgreSQL %i give the same password', async (major) => {
  await using server = await startPostgresql({ major, hba: ['local all all scram-sha-256'] });
  await server.sql('postgres', `CREATE ROLE "o'p" LOGIN SUPERUSER PASSWORD '${password}'`);
  const access = server.access();
  const withPassword = (text: string): typeof access => ({
    ...access,
    connection: { ...access.connection, user: "o'p", password: new Secret(text) },
  });
  await using capture = await captureInto(withPassword(password), 'postgres');
  expect(capture.captured.entries.map(({ kind }) => kind)).toContain('dump-toc');
  const refused = captureInto(withPassword('wrong canary'), 'postgres');
  await expect(refused).rejects.toMatchObject({ code: 'source/connect', transient: false });
  await expect(refused).rejects.not.toThrow('canary');
});

test('settings of a database and of a role do not change what a capture sees', async () => {
  await using server = await startPostgresql();
  await server.sql('postgres', 'CREATE DATABASE odd');
  await server.sql('odd', 'CREATE ROLE nobody_much; CREATE TABLE t AS SELECT 1.5::float8 AS f, now() AS at');
  for (const setting of [
    'role = nobody_much',
    'default_transaction_read_only = on',
    "search_path = ''",
    "timezone = 'Asia/Tokyo'",
    'statement_timeout = 1',
    'extra_float_digits = -10',
  ]) {
    await server.sql('postgres', `ALTER DATABASE odd SET ${setting}`);
  }
  await using capture = await captureInto(server.access(), 'odd');
  const [table] = capture.captured.entries.filter(({ kind }) => kind === 'table-data');
  expect(table).toMatchObject({ subject: 'public.t', rows: 1 });
  expect(await capture.text('database')).toContain(`SET "role" TO 'nobody_much'`);
});
