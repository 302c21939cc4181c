import { readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPostgresql, type TestServer } from '../support/postgresql.ts';
import { openWorkspace, type Workspace } from '../support/workspace.ts';

interface Listed {
  readonly backups: readonly {
    readonly id: string;
    readonly expired: { readonly at: string; readonly dataGoesAt: string } | null;
  }[];
}
interface Planned {
  readonly actions: readonly { readonly kind: string; readonly backups: readonly string[] }[];
  readonly inGrace: readonly { readonly backup: string }[];
}

/** Another `round` asks for other contents, so that a back-up is due. Only the newest is kept. */
const specOf = (server: TestServer, round: number): object => ({
  servers: { srv: { engine: 'postgresql', host: server.socket, user: server.user, clients: server.binaries } },
  policies: {
    gold: { every: '1d', retention: { last: 1, minimum: 1 }, dump: { excludeTableData: [`public.none_${round}`] } },
  },
  databases: { app: { server: 'srv', policy: 'gold' } },
});

async function expire(
  workspace: Workspace,
  source: TestServer,
): Promise<{ readonly old: string; readonly kept: string }> {
  await workspace.json(['apply', '--auto-approve', '--format', 'json']);
  await workspace.spec(specOf(source, 2));
  await workspace.json(['apply', '--auto-approve', '--allow-delete', '--format', 'json']);
  const { backups } = await workspace.json<Listed>(['list', '--format', 'json']);
  expect(backups.map(({ expired }) => expired === null)).toEqual([true, false]);
  return { old: backups[1]?.id ?? '', kept: backups[0]?.id ?? '' };
}

test(
  'an expired backup counts for nothing, comes back by its id for a day or without its tombstone, and is swept then',
  { timeout: 180_000 },
  async () => {
    await using source = await startPostgresql();
    await source.sql('postgres', 'CREATE DATABASE app');
    await source.sql('app', 'CREATE TABLE t AS SELECT generate_series(1, 10) AS a');
    await using workspace = await openWorkspace(specOf(source, 1));
    await workspace.backup(['repository', 'init']);
    const { old, kept } = await expire(workspace, source);
    const tombstone = join(workspace.repository, `tombstones/srv/app/${old}.json`);
    const plan = () => workspace.json<Planned>(['plan', '--format', 'json']);

    expect(await plan()).toMatchObject({ actions: [], inGrace: [{ backup: old }] });
    expect((await workspace.backup(['list'])).stdout).not.toContain(old);
    expect((await workspace.backup(['list', '--verbose'])).stdout).toMatch(`${old} `);
    expect((await workspace.backup(['list', '--verbose'])).stdout).toContain('EXPIRED, data goes after');
    expect((await workspace.backup(['verify', '--set', old])).code).toBe(0);
    // Verifying nothing is no success.
    const tombstones = join(workspace.repository, 'tombstones/srv/app');
    await writeFile(join(tombstones, `${kept}.json`), '');
    for (const args of [['verify'], ['verify', '--all']])
      expect(await workspace.backup(args)).toMatchObject({
        code: 20,
        stderr: expect.stringContaining('there is no backup to verify'),
      });
    const nothing = await workspace.backup([
      'restore',
      'srv/app',
      '--repository',
      workspace.repository,
      '--to',
      `postgresql://${source.user}@localhost`,
    ]);
    expect(nothing).toMatchObject({ code: 1, stdout: expect.stringContaining('no usable backup of srv/app') });
    await rm(join(tombstones, `${kept}.json`));

    {
      await using target = await startPostgresql();
      const to = `postgresql://${target.user}@${encodeURIComponent(target.socket)}:${target.port}`;
      const restored = await workspace.backup([
        'restore',
        'srv/app',
        '--set',
        old,
        '--to',
        to,
        '--clients',
        target.binaries,
      ]);
      expect(restored.stderr).not.toContain('error[');
      expect(restored.code).toBe(0);
      expect(await target.sql('app', 'SELECT count(*)::text AS rows FROM t')).toEqual([{ rows: '10' }]);
    }

    const text = await readFile(tombstone, 'utf8');
    await rm(tombstone);
    expect((await workspace.json<Listed>(['list', '--format', 'json'])).backups.map(({ expired }) => expired)).toEqual([
      null,
      null,
    ]);

    // As it would be two days later.
    const then = new Date(Date.now() - 48 * 3_600_000);
    await writeFile(tombstone, text.replace(/"at":"[^"]*"/, `"at":"${then.toISOString()}"`), { mode: 0o400 });
    await utimes(tombstone, then, then);
    expect(await plan()).toMatchObject({ actions: [{ kind: 'sweep', backups: [old] }], inGrace: [] });
    expect((await workspace.backup(['apply', '--auto-approve'])).code).toBe(0);
    expect(await plan()).toMatchObject({ actions: [], inGrace: [] });
    expect((await workspace.json<Listed>(['list', '--format', 'json'])).backups.map(({ id }) => id)).toEqual([kept]);
    expect(await readFile(tombstone, 'utf8')).toContain(old);
  },
);
