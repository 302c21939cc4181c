import { expect, test } from 'vitest';
import { mintOpenServer } from '../../../src/engine/clean-server.ts';
import { checkTarget } from '../../../src/engine/postgresql/check-target.ts';
import { captureInto } from '../../support/capture.ts';
import { majors, startPostgresql, type TestServer } from '../../support/postgresql.ts';
import { restoreOnto, restoreRequest } from '../../support/restore.ts';

const roles = 'CREATE ROLE reader; CREATE ROLE app; CREATE ROLE writer; GRANT reader TO app';

async function startTwo(major: number): Promise<TestServer> {
  const server = await startPostgresql({ major });
  await server.sql('postgres', roles);
  for (const database of ['one', 'two']) {
    await server.sql('postgres', `CREATE DATABASE ${database} OWNER app`);
    await server.sql(database, 'CREATE TABLE t (a int); GRANT SELECT ON t TO reader; GRANT INSERT ON t TO writer');
  }
  return server;
}

test.for(majors)('databases of PostgreSQL 15 that share roles come back side by side on %i', async (major) => {
  await using source = await startTwo(majors[0] ?? 0);
  await using target = await startPostgresql({ major });
  for (const database of ['one', 'two']) {
    await using capture = await captureInto(source.access(), database);
    await restoreOnto(target, capture, restoreRequest(capture, database));
  }
  const members = 'SELECT count(*) FROM pg_auth_members WHERE roleid >= 16384';
  expect(await target.sql('postgres', members)).toEqual([{ count: '1' }]);
});

test.for(majors)(
  'a role that may do more, or works otherwise, on a target of PostgreSQL %i is no equal one',
  async (major) => {
    await using source = await startTwo(major);
    await using target = await startPostgresql({ major });
    await target.sql('postgres', `${roles}; CREATE ROLE other; GRANT other TO app`);
    await using capture = await captureInto(source.access(), 'one');
    const request = restoreRequest(capture, 'one');
    const check = async (): Promise<readonly string[]> =>
      (await checkTarget(mintOpenServer(target.access()), request)).map(({ summary }) => summary);
    expect(await check()).toEqual([]);

    await target.sql('postgres', "GRANT writer, pg_read_all_data TO app; ALTER ROLE app SET search_path = 'elsewhere'");
    const by = major >= 16 ? ' by postgres' : '';
    expect((await check()).toSorted()).toEqual([
      `membership "pg_read_all_data to app${by}" exists otherwise: absent in the backup`,
      `membership "writer to app${by}" exists otherwise: absent in the backup`,
      'setting "role app" exists otherwise: absent in the backup',
    ]);
    await restoreOnto(target, capture, { ...request, overwriteRoles: true });
    const left = "SELECT roleid::regrole::text AS role FROM pg_auth_members WHERE member = 'app'::regrole ORDER BY 1";
    expect(await target.sql('postgres', left)).toEqual([{ role: 'other' }, { role: 'reader' }]);
    expect(await check()).toEqual([expect.stringContaining('"one" exists')]);
  },
);
