import { execFileSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPostgresql } from '../support/postgresql.ts';
import { serverUser } from '../support/server-user.ts';
import { backUpAll, declaredServer, localTarget, openWorkspace } from '../support/workspace.ts';

interface Verified {
  readonly backups: readonly { readonly passed: boolean; readonly notRecorded: { readonly code: string } | null }[];
}

test(
  'the verdict on a repository that may be read and not written is told, with why it is not recorded',
  { timeout: 180_000 },
  async () => {
    await using source = await startPostgresql();
    await source.sql('postgres', 'CREATE DATABASE app');
    await source.sql('app', 'CREATE TABLE t AS SELECT generate_series(1, 10) AS a');
    await using workspace = await openWorkspace({
      servers: { srv: declaredServer(source) },
      targets: { clean: localTarget(source) },
      databases: { app: { server: 'srv', drill: { target: 'clean', level: 'L4' } } },
    });
    await backUpAll(workspace);
    // Root may write anywhere, so there the reader is another user; elsewhere it is ourselves, without the right to write.
    execFileSync('chmod', ['-R', serverUser.uid === undefined ? 'a-w' : 'a+rX', workspace.repository]);
    execFileSync('chmod', ['755', workspace.path]);
    const as = { user: serverUser, env: { XDG_CACHE_HOME: join(workspace.path, 'none') } };
    const records = () => readdir(workspace.repository).then((names) => names.includes('records'));

    try {
      const passed = await workspace.json<Verified>(['verify'], { ...as, code: 24 });
      expect(passed.backups).toMatchObject([
        { passed: true, notRecorded: { code: expect.stringMatching(/^repository/) } },
      ]);
      const text = await workspace.backup(['verify'], as);
      expect(text).toMatchObject({ code: 24, stderr: expect.not.stringContaining('error[') });
      expect(text.stdout).toMatch(/✓ verified {2}srv\/app .*\n {14}! not recorded: .* \[repository/);

      const drilled = await workspace.backup(['drill'], as);
      expect(drilled.stdout).toMatch(/this evidence could not be stored in the repository: /);
      expect(drilled).toMatchObject({ code: 24, stdout: expect.stringContaining('PASSED') });
      expect(await records()).toBe(false);
    } finally {
      execFileSync('chmod', ['-R', 'u+w', workspace.repository]);
    }

    // A damaged one outranks what could not be written.
    const [id = ''] = await readdir(join(workspace.repository, 'data'));
    const object = join(workspace.repository, 'data', id, 'database.sql.zst');
    execFileSync('chmod', ['u+w', object]);
    await writeFile(object, 'x');
    execFileSync('chmod', ['-R', serverUser.uid === undefined ? 'a-w' : 'a+rX', workspace.repository]);
    const damaged = await workspace.json<Verified>(['verify'], { ...as, code: 26 });
    execFileSync('chmod', ['-R', 'u+w', workspace.repository]);
    expect(damaged.backups).toMatchObject([
      { passed: false, notRecorded: { code: expect.stringMatching(/^repository/) } },
    ]);
  },
);
