import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { startPostgresql } from '../support/postgresql.ts';
import { openWorkspace } from '../support/workspace.ts';

interface Planned {
  readonly actions: readonly { readonly id: string; readonly kind: string }[];
  readonly findings: readonly { readonly code: string; readonly summary: string; readonly subject: string }[];
}
interface Lost {
  readonly lost: readonly { readonly id: string | null; readonly sequence: number | null }[];
}

test(
  'a manifest that somebody removed is told by plan, list and verify, its data stays, and a tombstone explains it',
  { timeout: 180_000 },
  async () => {
    await using source = await startPostgresql();
    await source.sql('postgres', 'CREATE DATABASE app');
    await source.sql('app', 'CREATE TABLE t AS SELECT generate_series(1, 10) AS a');
    // Another round asks for other contents, so that a back-up is due.
    const specOf = (round: number): object => ({
      servers: { srv: { engine: 'postgresql', host: source.socket, user: source.user, clients: source.binaries } },
      databases: { app: { server: 'srv', dump: { excludeTableData: [`public.none_${round}`] } } },
    });
    await using workspace = await openWorkspace(specOf(1));
    await workspace.backup(['repository', 'init']);
    const backUp = async (round: number): Promise<void> => {
      await workspace.spec(specOf(round));
      expect((await workspace.backup(['apply', '--auto-approve'])).code).toBe(0);
    };
    const manifests = join(workspace.repository, 'manifests/srv/app');
    const plan = () => workspace.json<Planned>(['plan']);
    const lostOf = async (): Promise<Lost['lost']> => (await workspace.json<Lost>(['list'])).lost;
    const told = async () =>
      (await plan()).findings.filter(({ code }) => code === 'backup/lost').map(({ summary }) => summary);

    await backUp(1);
    const [first = ''] = await readdir(manifests);
    await backUp(2);
    expect(await told()).toEqual([]);

    // The newest one, which leaves no gap: the lease of its capture knows of it.
    // Two backups of one second are in no order by their names.
    const second = (await readdir(manifests)).find((name) => name !== first) ?? '';
    const id = second.replace('.json', '');
    await rm(join(manifests, second));
    expect(await told()).toEqual([expect.stringContaining(`backup ${id} (number 2) in main is gone`)]);
    // Nothing of it is swept as if it had never been committed.
    expect((await plan()).actions.map(({ kind }) => kind)).toEqual(['back-up']);

    // The next one takes the number after it, so that the gap shows for ever.
    await backUp(3);
    expect((await plan()).actions).toEqual([]);
    expect(await lostOf()).toMatchObject([{ id, sequence: 2 }]);
    expect((await workspace.backup(['list'])).stdout).toContain(`✗ LOST      srv/app  backup ${id} (number 2)`);
    const verified = await workspace.json<Lost & { readonly summary: object }>(['verify'], { code: 26 });
    expect(verified).toMatchObject({ lost: [{ id, sequence: 2 }], summary: { passed: 1, failed: 0, lost: 1 } });
    expect(await readdir(join(workspace.repository, 'data'))).toContain(id);

    const tombstone = join(workspace.repository, 'tombstones/srv/app', second);
    await mkdir(dirname(tombstone), { recursive: true });
    await writeFile(tombstone, '');
    expect(await told()).toEqual([]);
    expect(await lostOf()).toEqual([]);
    expect((await workspace.backup(['verify'])).code).toBe(0);
  },
);
