import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPostgresql } from '../support/postgresql.ts';
import { declaredServer, localTarget, openWorkspace } from '../support/workspace.ts';

test.for([undefined, 'the key'])(
  'no plan and no evidence shows a setting of an application, digest key: %s',
  async (key) => {
    await using source = await startPostgresql();
    await source.sql('postgres', 'CREATE DATABASE shop');
    await source.sql('postgres', "ALTER DATABASE shop SET app.settings.jwt_secret = 'CANARY-1'");
    await source.sql('postgres', "ALTER DATABASE shop SET work_mem = '5MB'");
    await using workspace = await openWorkspace({
      ...(key === undefined ? {} : { digestKey: { env: 'DIGEST_KEY' } }),
      servers: { main: declaredServer(source) },
      targets: { clean: localTarget(source) },
      databases: { shop: { server: 'main', drill: { target: 'clean' } } },
    });
    const env = key === undefined ? {} : { DIGEST_KEY: key };
    for (const args of [
      ['repository', 'init'],
      ['apply', '--auto-approve'],
    ])
      expect(await workspace.backup(args, { env })).toMatchObject({ code: 0 });
    const plan = async (format: string): Promise<string> =>
      (await workspace.backup(['plan', '--verbose', '--format', format], { env })).stdout;
    expect(await plan('json')).not.toContain('jwt_secret');
    await source.sql('postgres', "ALTER DATABASE shop SET app.settings.jwt_secret = 'CANARY-2'");
    await source.sql('postgres', "ALTER DATABASE shop SET app.other = 'CANARY-3'");
    await source.sql('postgres', "ALTER DATABASE shop SET work_mem = '7MB'");
    for (const format of ['text', 'markdown', 'json']) {
      const text = await plan(format);
      expect(text).not.toContain('CANARY');
      expect(text).toContain('7MB');
      expect(text).toContain('app.other');
      // Whether its value changed is only seen with a key.
      expect(text.includes('+set app.settings.jwt_secret')).toBe(key !== undefined);
    }
    const drill = ['drill', '--json', '--report', 'text=t.txt', '--report', 'markdown=m.md'];
    const ran = await workspace.backup(drill, { env });
    expect(ran.code, ran.stderr).toBe(0);
    for (const text of [
      ran.stdout,
      ...(await Promise.all(['t.txt', 'm.md'].map((f) => readFile(join(workspace.path, f), 'utf8')))),
    ])
      expect(text).not.toContain('CANARY');
  },
);
