import { expect, test } from 'vitest';
import { readInventory } from '../../src/engine/postgresql/inventory.ts';
import { openSession } from '../../src/engine/postgresql/session.ts';
import { openSnapshot } from '../../src/engine/postgresql/snapshot.ts';
import { captureInto } from '../support/capture.ts';
import { majors, startPostgresql } from '../support/postgresql.ts';
import { stubClients } from '../support/stub-client.ts';

const withoutRows = "CREATE FUNCTION dropped(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'";

test.for(majors.flatMap((major) => [withoutRows, `${withoutRows}; CREATE TABLE t ()`].map((sql) => ({ major, sql }))))(
  'a function that is dropped before pg_dump $major asks for its arguments makes no backup: $sql',
  async ({ major, sql }) => {
    await using server = await startPostgresql({ major });
    await server.sql('postgres', `CREATE EXTENSION hstore; ${sql}`);
    await using clients = await stubClients('drops-function', server.binaries);
    await expect(captureInto({ ...server.access(), clients: clients.folder }, 'postgres')).rejects.toMatchObject({
      code: 'dump/failed',
      transient: true,
      message: expect.stringMatching(
        /^dropped while the dump began: (function public\.dropped|an object of kind function)$/,
      ),
    });
  },
);

test.for([
  ['CREATE VIEW v AS SELECT 1 AS x', 'DROP VIEW v'],
  ['CREATE TABLE t (a int CHECK (a > 0))', 'DROP TABLE t'],
  ['CREATE TABLE t (id serial)', 'ALTER SEQUENCE t_id_seq RENAME TO other'],
  ["CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'", 'DROP FUNCTION f'],
] as const)('what is gone while it is described is worth another try: %s', async ([make, drop]) => {
  await using server = await startPostgresql();
  await server.sql('postgres', make);
  await using session = await openSession(server.access(), 'postgres');
  await openSnapshot(session);
  await session.query('SELECT FROM pg_class');
  await server.sql('postgres', drop);
  await expect(readInventory(session, { roles: 'all', passwords: true })).rejects.toMatchObject({ transient: true });
});
