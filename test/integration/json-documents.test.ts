import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPostgresql } from '../support/postgresql.ts';
import { strictly } from '../support/schema.ts';
import { declaredServer, openWorkspace } from '../support/workspace.ts';

test(
  'what apply, list, verify and restore answer keeps its schema, on success and on failure',
  { timeout: 180_000 },
  async () => {
    await using source = await startPostgresql();
    for (const name of ['app', 'web', 'gone']) await source.sql('postgres', `CREATE DATABASE ${name}`);
    await source.sql('app', 'CREATE TABLE t AS SELECT generate_series(1, 10) AS a');
    const spec = (round: number): object => ({
      servers: { srv: declaredServer(source) },
      policies: { p: { retention: { last: 1, minimum: 1 }, dump: { excludeTableData: [`public.none_${round}`] } } },
      databases: Object.fromEntries(['app', 'web', 'gone'].map((name) => [name, { server: 'srv', policy: 'p' }])),
    });
    await using workspace = await openWorkspace(spec(1));
    await workspace.backup(['repository', 'init']);
    const answer = async (schema: string, args: readonly string[], code = 0): Promise<object> => {
      const document = await workspace.json<object>(args, { code });
      expect((await strictly(schema))(document), args.join(' ')).toEqual([]);
      return document;
    };

    expect(await answer('apply', ['apply', '--auto-approve'])).toMatchObject({ summary: { done: 3 } });
    expect(await answer('apply', ['apply', '--auto-approve'])).toMatchObject({ outcomes: [] });
    await source.sql('postgres', 'DROP DATABASE gone');
    await workspace.spec(spec(2));
    // Expiry is withheld without --allow-delete, and one database is not there any more.
    expect(await answer('apply', ['apply', '--auto-approve'], 24)).toMatchObject({ summary: { done: 2, notRun: 2 } });
    expect(await answer('apply', ['apply', '--auto-approve', '--allow-delete'], 24)).toMatchObject({
      outcomes: [{ kind: 'expire' }, { kind: 'expire' }],
    });
    const listed = (await answer('list', ['list'])) as { backups: readonly { id: string; expired: object | null }[] };
    expect(listed.backups.filter(({ expired }) => expired !== null)).toHaveLength(2);
    expect(listed.backups).toHaveLength(5);

    expect(await answer('verify', ['verify', 'srv/*', '--level', 'L1'])).toMatchObject({ summary: { passed: 3 } });
    const newest = listed.backups[0]?.id ?? '';
    await writeFile(join(workspace.repository, 'contents', `${newest}.json.zst`), 'x');
    expect(await answer('verify', ['verify'], 26)).toMatchObject({ summary: { passed: 2, failed: 1 } });
    expect(await answer('list', ['list'])).toMatchObject({ backups: [{ proof: { damaged: true } }, {}, {}, {}, {}] });

    await using target = await startPostgresql();
    const to = `postgresql://${target.user}@${encodeURIComponent(target.socket)}:${target.port}`;
    const onto = ['--repository', workspace.repository, '--to', to, '--clients', target.binaries];
    // The database whose only backup is damaged fails, and the others go on.
    expect(await answer('restore', ['restore', 'srv/*', ...onto, '--dry-run'], 24)).toMatchObject({
      summary: { planned: 2, failed: 1 },
    });
    expect(await answer('restore', ['restore', 'srv/gone', ...onto, '--dry-run'])).toMatchObject({
      summary: { planned: 1 },
    });
    expect(await answer('restore', ['restore', 'srv/gone', ...onto])).toMatchObject({ summary: { restored: 1 } });
    expect(await answer('restore', ['restore', 'srv/gone', ...onto], 1)).toMatchObject({
      outcomes: [{ state: 'failed', error: { code: 'restore/database-exists' } }],
    });
  },
);
