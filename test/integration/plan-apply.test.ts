import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlanDocument } from '../../src/plan/plan-document.gen.ts';
import type { TestServer } from '../support/postgresql.ts';
import { startShop } from '../support/shop.ts';
import { declaredServer, openWorkspace, type Workspace } from '../support/workspace.ts';

interface Applied {
  readonly outcomes: readonly {
    readonly state: string;
    readonly kind: string;
    readonly because?: string;
    readonly backup?: string;
  }[];
  readonly summary: { readonly done: number; readonly failed: number; readonly notRun: number };
}

interface Listed {
  readonly backups: readonly { readonly id: string; readonly expired: object | null }[];
}

describe('apply', () => {
  let source: TestServer;
  beforeAll(async () => {
    source = await startShop();
  });
  afterAll(() => source[Symbol.asyncDispose]());

  const open = async (policy: object = {}): Promise<Workspace> => {
    const workspace = await openWorkspace(specOf(policy));
    await workspace.backup(['repository', 'init']);
    return workspace;
  };
  const specOf = (policy: object): object => ({
    servers: { main: declaredServer(source) },
    databases: { shop: { server: 'main', ...policy } },
  });
  const idsOf = async (workspace: Workspace): Promise<readonly string[]> =>
    (await workspace.json<Listed>(['list'])).backups.filter(({ expired }) => expired === null).map(({ id }) => id);

  test('needs a repository that was made on purpose', async () => {
    await using workspace = await openWorkspace(specOf({}));
    const ran = await workspace.backup(['apply', '--auto-approve']);
    expect(ran.code).toBe(24);
    expect(ran.stdout + ran.stderr).toContain('backup repository init');
  });

  test('asks, and without anyone to ask does nothing', async () => {
    await using workspace = await open();
    const ran = await workspace.backup(['apply']);
    expect(ran).toMatchObject({ code: 22 });
    expect(ran.stderr).toContain('approval/missing');
    expect(await idsOf(workspace)).toEqual([]);
  });

  test('carries out a saved plan, once', async () => {
    await using workspace = await open();
    const plan = await workspace.json<PlanDocument>(['plan', '--out', 'night.plan', '--detailed-exitcode'], {
      code: 2,
    });
    expect(JSON.parse(await readFile(join(workspace.path, 'night.plan'), 'utf8'))).toEqual(plan);
    const shown = await workspace.backup(['show', 'night.plan']);
    expect(shown).toMatchObject({ code: 0 });
    expect(shown.stdout).toContain('main/shop');
    const applied = await workspace.json<Applied>(['apply', 'night.plan']);
    expect(applied.outcomes).toMatchObject([{ kind: 'back-up', state: 'done' }]);

    // What the plan allows is done; there is nothing left of it to do.
    const again = await workspace.json<Applied>(['apply', 'night.plan']);
    expect(again.outcomes).toEqual([]);
    expect(await idsOf(workspace)).toHaveLength(1);
    await expect(workspace.json(['plan', '--detailed-exitcode'])).resolves.toMatchObject({ actions: [] });

    // What became due since is not done, and not passed over in silence.
    await workspace.spec({ ...specOf({}), databases: { shop: { server: 'main' }, postgres: { server: 'main' } } });
    const later = await workspace.json<Applied>(['apply', 'night.plan']);
    expect(later.outcomes).toMatchObject([
      { kind: 'back-up', state: 'not-run', because: expect.stringContaining('the saved plan does not list it') },
    ]);
    expect(await idsOf(workspace)).toHaveLength(1);
  });

  test('takes an address that matches nothing for a mistake, and not for nothing to do', async () => {
    await using workspace = await open();
    for (const args of [
      ['apply', '--auto-approve', '--only', 'main/shpo'],
      ['plan', 'main/shpo'],
    ]) {
      const ran = await workspace.backup(args);
      expect(ran, args[0]).toMatchObject({ code: 20, stdout: '' });
      expect(ran.stderr).toContain('error[usage/no-match]: main/shpo matches no database of the spec');
    }
  });

  test('does not carry out a saved plan where another backup is wanted by now, and names what differs', async () => {
    await using workspace = await open();
    await workspace.json(['plan', '--out', 'night.plan']);
    await workspace.spec(specOf({ roles: { scope: 'none' } }));
    const ran = await workspace.backup(['apply', 'night.plan']);
    expect(ran.code).toBe(21);
    expect(ran.stderr).toContain('back-up:main/shop (holds)');
    expect(await idsOf(workspace)).toEqual([]);
  });

  test('backs up at any time where somebody asks for it, and only what they ask for', async () => {
    await using workspace = await open();
    await workspace.json(['apply', '--auto-approve']);
    const plan = await workspace.json<PlanDocument>(['plan', '--now', '--out', 'migration.plan']);
    expect(plan.actions).toMatchObject([{ kind: 'back-up', reason: { kind: 'asked' } }]);
    const refused = await workspace.backup(['apply', 'migration.plan', '--now']);
    expect(refused.code).toBe(20);
    expect(refused.stderr).toContain('--now does not go with a saved plan');
    expect((await workspace.json<Applied>(['apply', 'migration.plan'])).summary).toMatchObject({ done: 1 });
    expect(await idsOf(workspace)).toHaveLength(2);
    // It asked for one backup, which is there.
    const again = await workspace.backup(['apply', 'migration.plan']);
    expect(again.code).toBe(21);
    expect(again.stderr).toContain('back-up:main/shop (newest)');
    expect((await workspace.json<Applied>(['apply', '--auto-approve'])).outcomes).toEqual([]);
    await workspace.json(['apply', '--auto-approve', '--now']);
    expect(await idsOf(workspace)).toHaveLength(3);
  });

  test('removes what retention does not keep, only with leave to', async () => {
    const kept = { retention: { last: 1, minimum: 1 } };
    await using workspace = await open(kept);
    for (let round = 0; round < 3; round += 1) {
      const ran = await workspace.backup(['apply', '--auto-approve', '--now']);
      expect(ran.code).toBe(0);
    }
    const three = await idsOf(workspace);
    expect(three).toHaveLength(3);

    const plan = await workspace.json<PlanDocument>(['plan', '--out', 'expire.plan', '--detailed-exitcode'], {
      code: 2,
    });
    expect(plan.actions).toMatchObject([{ kind: 'expire', backups: three.slice(1) }]);
    const withheld = await workspace.json<Applied>(['apply', '--auto-approve']);
    expect(withheld).toMatchObject({ summary: { done: 0, notRun: 1 } });
    expect(withheld.outcomes[0]?.because).toContain('--allow-delete');
    expect(await idsOf(workspace)).toEqual(three);

    const removed = await workspace.json<Applied>(['apply', '--auto-approve', '--allow-delete']);
    expect(removed.outcomes).toMatchObject([{ kind: 'expire', state: 'done' }]);
    expect(await idsOf(workspace)).toEqual(three.slice(0, 1));
    // Their data stays for a day, for those who find that it was a mistake.
    const { backups } = await workspace.json<Listed>(['list']);
    expect(backups.filter(({ expired }) => expired !== null).map(({ id }) => id)).toEqual(three.slice(1));
    expect(await workspace.backup(['verify'])).toMatchObject({ code: 0 });
    const rest = await workspace.json<Applied>(['apply', '--auto-approve', '--allow-delete']);
    expect(rest.outcomes).toEqual([]);
  });

  test('works on nothing but what --only names', async () => {
    await source.sql('postgres', 'CREATE DATABASE second');
    await using workspace = await openWorkspace({
      servers: { main: declaredServer(source) },
      databases: { all: { server: 'main', match: 's*' } },
    });
    await workspace.backup(['repository', 'init']);
    const applied = await workspace.json<Applied>(['apply', '--auto-approve', '--only', 'main/sec*']);
    expect(applied.summary).toMatchObject({ done: 1 });
    const rest = await workspace.json<Applied>(['apply', '--auto-approve']);
    expect(rest.summary).toMatchObject({ done: 1 });
    expect(await idsOf(workspace)).toHaveLength(2);
    await source.sql('postgres', 'DROP DATABASE second');
  });
});
