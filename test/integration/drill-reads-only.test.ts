import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { drillInProcess } from '../support/drill.ts';
import { startShop } from '../support/shop.ts';
import { backUpAll, declaredServer, openWorkspace } from '../support/workspace.ts';

test(
  'a drill changes no byte, owner or mode of what a repository holds, and gives its files to nobody',
  {
    timeout: 180_000,
  },
  async () => {
    await using source = await startShop();
    // Large enough to be an object of its own, and so to be laid out by reference.
    await source.sql(
      'shop',
      `CREATE TABLE public.large AS SELECT md5(n::text) AS text FROM generate_series(1, 40000) AS n`,
    );
    await using workspace = await openWorkspace({
      servers: { main: declaredServer(source) },
      databases: { shop: { server: 'main' } },
    });
    await backUpAll(workspace);
    const before = await stateOf(workspace.repository);
    let laidOut: readonly string[] = [];
    const report = await drillInProcess(workspace, source, 'shop', {
      restore: (restore) => async (server, request, artefacts, events) => {
        const directory = await artefacts.dumpDirectory();
        laidOut = await readdir(directory);
        const own = process.getuid?.() ?? 0;
        // Others pass neither through the directory nor through those above it that are ours.
        for (const path of [directory, dirname(directory), dirname(dirname(directory))])
          expect(await lstat(path)).toMatchObject({ uid: own, mode: 0o40700 });
        const restored = await restore(server, request, artefacts, events);
        for (const name of laidOut)
          expect(await lstat(join(directory, name))).toMatchObject({ uid: own, mode: 0o100600 });
        return restored;
      },
    });
    expect(report.verdict).toBe('passed');
    expect(laidOut.length).toBeGreaterThan(1);
    expect(Object.keys(before).some((name) => name.startsWith('data/') && name.includes('/dump/'))).toBe(true);
    const after = await stateOf(workspace.repository);
    expect(Object.fromEntries(Object.keys(before).map((name) => [name, after[name]]))).toEqual(before);
  },
);

/** Every object that is written once: hash, owner, mode, number of links and time of the last write. */
async function stateOf(root: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const state: Record<string, string> = {};
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(root.length + 1);
    if (!entry.isFile() || name.startsWith('leases/')) continue;
    const { uid, gid, mode, nlink, mtimeMs } = await lstat(path);
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    state[name] = [sha256, uid, gid, mode.toString(8), nlink, mtimeMs].join(' ');
  }
  return state;
}
