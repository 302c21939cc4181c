import { join } from 'node:path';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { captureInto } from '../../support/capture.ts';
import { startGuarded } from '../../support/guarded-process.ts';
import { majors, startPostgresql } from '../../support/postgresql.ts';
import { dataOf, described, differencesOf, restoreOnto, restoreRequest } from '../../support/restore.ts';
import { serverUser } from '../../support/server-user.ts';

test.for([majors[0] ?? 0, majors.at(-1) ?? 0])('a standby of PostgreSQL %i can be the source', async (major) => {
  await using primary = await startPostgresql({ major });
  await primary.sql('postgres', 'CREATE DATABASE shop');
  await primary.sql(
    'shop',
    'CREATE TABLE t AS SELECT generate_series(1, 1000) AS i; CREATE SEQUENCE s; SELECT nextval($$s$$); CREATE UNLOGGED TABLE u (i serial); INSERT INTO u DEFAULT VALUES',
  );
  const folder = await mkdtemp(join(tmpdir(), 'hf-st-'));
  const data = join(folder, 'data');
  const asUser = { ...serverUser, extendEnv: false, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' } };
  try {
    await chmod(folder, 0o755);
    if (serverUser.uid !== undefined && serverUser.gid !== undefined)
      await chown(folder, serverUser.uid, serverUser.gid);
    const from = ['-h', primary.socket, '-p', String(primary.port), '-U', primary.user];
    await execa(
      join(primary.binaries, 'pg_basebackup'),
      [...from, '-D', data, '-R', '-X', 'stream', '-c', 'fast'],
      asUser,
    );
    const standby = await startGuarded({
      program: join(primary.binaries, 'postgres'),
      args: ['-D', data, '-c', 'listen_addresses=', '-c', `unix_socket_directories=${folder}`],
      env: asUser.env,
      ready: /database system is ready to accept read-only connections/,
      directory: folder,
      orphanSignal: 'QUIT',
    });
    try {
      const access = primary.access();
      const source = { ...access, connection: { ...access.connection, host: folder } };
      await using capture = await captureInto(source, 'shop', { dump: { serverHashes: true } });
      expect(capture.captured.snapshot.position).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
      expect(capture.captured.degradations.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
        'unlogged-table-data public.u',
        'unlogged-table-data public.u_i_seq',
      ]);
      await using target = await startPostgresql({ major });
      const request = restoreRequest(capture, 'shop');
      await restoreOnto(target, capture, request);
      expect(await dataOf(target, 'shop', request, capture)).toMatchObject([
        { subject: 'public.t', actualRows: 1000, equal: true },
      ]);
      expect(described(await differencesOf(target, 'shop', request))).toEqual([]);
    } finally {
      await standby.end('INT');
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
