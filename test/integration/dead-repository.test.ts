import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgresql, type TestServer } from '../support/postgresql.ts';
import { strictly } from '../support/schema.ts';
import { backUpAll, declaredServer, localTarget, openWorkspace, type Workspace } from '../support/workspace.ts';

interface Listed {
  readonly backups: readonly { readonly id: string; readonly address: { readonly database: string } }[];
}

const dead = { repositoriesNotRead: [{ name: 'offsite', error: { code: 'repository/not-initialised' } }] };

describe('one repository of two cannot be read', { timeout: 240_000 }, () => {
  let source: TestServer;
  let workspace: Workspace;
  let inMain: Readonly<Record<string, string>>;
  beforeAll(async () => {
    source = await startPostgresql();
    for (const name of ['web', 'moved', 'away']) await source.sql('postgres', `CREATE DATABASE ${name}`);
    const specOf = (repositories: Readonly<Record<'web' | 'moved' | 'away', string>>): object => ({
      repositories: {
        main: { type: 'filesystem', path: './repository' },
        offsite: { type: 'filesystem', path: './offsite' },
      },
      servers: { srv: declaredServer(source) },
      targets: { clean: localTarget(source) },
      databases: Object.fromEntries(
        Object.entries(repositories).map(([name, repository]) => [
          name,
          { server: 'srv', repositories: [repository], drill: { target: 'clean' } },
        ]),
      ),
    });
    workspace = await openWorkspace(specOf({ web: 'main', moved: 'main', away: 'offsite' }));
    await backUpAll(workspace);
    await workspace.spec(specOf({ web: 'main', moved: 'offsite', away: 'offsite' }));
    await workspace.json(['apply', '--auto-approve']);
    await rename(join(workspace.path, 'offsite'), join(workspace.path, 'unmounted'));
    const { backups } = await workspace.json<Listed>(['list', '--repository', workspace.repository]);
    inMain = Object.fromEntries(backups.map(({ id, address }) => [address.database, id]));
  });
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
  });

  const answer = async (schema: string, args: readonly string[], code: number): Promise<object> => {
    const document = await workspace.json<object>(args, { code });
    expect((await strictly(schema))(document), args.join(' ')).toEqual([]);
    return document;
  };
  const onto = (): readonly string[] => ['--to', 'srv', '--allow-source', '--as', 'copy', '--dry-run'];

  test('list shows the others, and says what it cannot show', async () => {
    const { backups } = (await answer('list', ['list'], 24)) as Listed;
    expect(backups.map(({ id }) => id).toSorted()).toEqual(Object.values(inMain).toSorted());
    expect(await answer('list', ['list', 'srv/away'], 24)).toMatchObject({ backups: [], ...dead });
    const { stdout } = await workspace.backup(['list']);
    expect(stdout).toContain(`✗ NOT READ  repository offsite at ${join(workspace.path, 'offsite')}`);
    expect(stdout).toContain('Check that its disk is mounted.');
  });

  test('verify reads the others, and calls nothing verified that it could not see', async () => {
    expect(await answer('verify', ['verify'], 24)).toMatchObject({ summary: { passed: 2, failed: 0 }, ...dead });
    expect(await answer('verify', ['verify', 'srv/away'], 1)).toMatchObject({ backups: [], ...dead });
    expect(await answer('verify', ['verify', '--set', '20260101T000000Z-00000000'], 1)).toMatchObject(dead);
    const named = await answer('verify', ['verify', '--set', inMain['moved'] ?? ''], 0);
    expect(named).toMatchObject({ summary: { passed: 1 }, repositoriesNotRead: [] });
  });

  test('restore takes what can be read, and says that a newer one may be elsewhere', async () => {
    expect(await answer('restore', ['restore', 'srv/moved', ...onto()], 24)).toMatchObject({
      outcomes: [
        {
          state: 'planned',
          backup: inMain['moved'],
          notes: expect.arrayContaining([
            `repository offsite at ${join(workspace.path, 'offsite')} could not be read: a newer backup may be in it`,
          ]) as string[],
        },
      ],
      ...dead,
    });
    expect(await answer('restore', ['restore', 'srv/away', ...onto()], 1)).toMatchObject({
      outcomes: [{ address: { database: 'away' }, state: 'failed', error: { code: 'restore/no-backup' } }],
      ...dead,
    });
    const named = await answer('restore', ['restore', 'srv/moved', '--set', inMain['moved'] ?? '', ...onto()], 0);
    expect(named).toMatchObject({ outcomes: [{ backup: inMain['moved'] }], repositoriesNotRead: [] });
  });

  test('drill proves what can be read, and names what it could not', async () => {
    const drilled = await workspace.json<object>(['drill'], { code: 24 });
    expect(drilled).toMatchObject({
      drills: [{ address: { database: 'web' }, verdict: 'passed' }],
      notRun: [
        { address: { database: 'moved' }, error: { code: 'repository/not-initialised' } },
        { address: { database: 'away' }, error: { code: 'repository/not-initialised' } },
      ],
    });
  });

  test('an id names its database by itself, wherever the backup is', async () => {
    const moved = inMain['moved'] ?? '';
    expect(await answer('restore', ['restore', '--set', moved, ...onto()], 0)).toMatchObject({
      outcomes: [{ address: { database: 'moved' }, backup: moved }],
    });
    // Its policy has another repository by now, which cannot be read; the backup can.
    expect(await workspace.json<object>(['drill', '--set', moved])).toMatchObject({
      drills: [{ address: { database: 'moved' }, backup: { id: moved }, verdict: 'passed' }],
      notRun: [],
    });
    for (const args of [['drill'], ['restore', ...onto()]]) {
      const unknown = await workspace.json<object>([...args, '--set', '20260101T000000Z-00000000'], { code: 1 });
      expect(unknown, args[0]).toMatchObject({
        diagnostics: [
          {
            code: 'repository/not-initialised',
            help: expect.stringContaining('It may be in repository offsite') as string,
          },
        ],
      });
    }
    const refused = async (args: readonly string[]) => {
      const { code, stderr } = await workspace.backup(args);
      expect(code, args.join(' ')).toBe(20);
      return stderr;
    };
    expect(await refused(['drill', 'srv/web', '--set', moved])).toContain(`the backup ${moved} is of srv/moved`);
    expect(await refused(['drill', '--due', '--set', moved])).toContain('--due and --set exclude each other');
    expect(await refused(['drill', 'srv/web', 'srv/wbe'])).toContain('srv/wbe matches no database of the spec');
    expect(await refused(['restore', ...onto()])).toContain('restore names no database');
    expect(await refused(['show', moved])).toContain('verify, drill and restore take an id with --set');
  });

  test('where none can be read, every command fails', async () => {
    await rename(workspace.repository, join(workspace.path, 'unmounted too'));
    for (const args of [['list'], ['verify'], ['restore', 'srv/web', ...onto()]])
      expect(await workspace.json<object>(args, { code: 1 }), args[0]).toMatchObject({
        diagnostics: [
          { code: 'repository/not-initialised', summary: expect.stringMatching(/main: .*; offsite: /) as string },
        ],
      });
    await rename(join(workspace.path, 'unmounted too'), workspace.repository);
  });
});
