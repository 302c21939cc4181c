import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ContentEntry } from '../../../src/manifest/manifest.ts';
import type { DrillReport } from '../../../src/run/drill-report.ts';
import { drillInProcess } from '../../support/drill.ts';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';
import { startMysqlShop } from '../../support/mysql-shop.ts';
import { declaredMysql, disposableMysql } from '../../support/mysql-workspace.ts';
import { backUpAll, openWorkspace, type Workspace } from '../../support/workspace.ts';

const canary = 'row that nobody may see';

interface Damage {
  readonly what: string;
  /** The new text of the file with the orders, and whether what was recorded about it is damaged alike. */
  readonly text: (text: string) => string;
  readonly recorded: boolean;
  /** Part of the message. */
  readonly says: string;
}

const damages: readonly Damage[] = [
  {
    what: 'a table that ends between two statements',
    text: (text) => text.slice(0, text.indexOf('\nINSERT INTO') + 1),
    recorded: false,
    says: 'were recorded',
  },
  {
    what: 'a table that ends within a string, although nothing recorded says so',
    text: (text) => `${text.slice(0, text.indexOf('\nINSERT INTO') + 1)}INSERT INTO orders VALUES (1, 1, '${canary}`,
    recorded: true,
    says: 'table `orders` (',
  },
  {
    what: 'a row that is there twice',
    text: (text) => text.replace(/^INSERT INTO[^]*?;$/m, `INSERT INTO orders VALUES (1, 1, '${canary}');\n`.repeat(2)),
    recorded: true,
    says: '(error 1062)',
  },
  {
    what: 'a row that the table’s own check forbids',
    text: (text) => text.replace(/^INSERT INTO[^]*?;$/m, `INSERT INTO orders VALUES (1, 1, 'never');`),
    recorded: true,
    says: 'may hold data and is not shown',
  },
  {
    what: 'a command to the client',
    text: (text) => `\\! touch ${marker}\nsystem touch ${marker}\n${text}`,
    recorded: true,
    says: 'does not understand',
  },
];

/** Whether a program ran shows in it. */
const marker = join(tmpdir(), `holdfast-canary-${process.pid}`);

describe.each(flavours)('of a damaged dump of $engine $version, a restore refuses', (flavour) => {
  let source: TestMysql;
  let spare: TestMysql;
  let workspace: Workspace;
  let scratch: string;
  beforeAll(async () => {
    source = await startMysqlShop(flavour);
    spare = await startMysql({ ...flavour, settings: { 'event-scheduler': 'OFF' } });
    workspace = await openWorkspace({
      servers: { main: await declaredMysql(source) },
      databases: { shop: { server: 'main', dump: { compression: 'none' } } },
    });
    await backUpAll(workspace);
    scratch = await mkdtemp(join(tmpdir(), 'hf-damaged-'));
  });
  afterAll(async () => {
    await rm(scratch, { recursive: true });
    await workspace[Symbol.asyncDispose]();
    await spare[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
  });

  const drillOf = async (damage: (text: string) => string, recorded: boolean): Promise<DrillReport> =>
    drillInProcess(workspace, source, 'shop', {
      target: await disposableMysql(spare),
      restore: (restore) => async (server, request, artefacts, events) => {
        const directory = await mkdtemp(join(scratch, 'dump-'));
        await cp(await artefacts.dumpDirectory(), directory, { recursive: true });
        const { entries } = request.contents;
        const orders = entries.find(({ subject }) => subject === '`orders`');
        if (orders === undefined) throw new Error('the backup has no table orders');
        const path = join(directory, orders.file);
        const text = damage(await readFile(path, 'utf8'));
        await writeFile(path, text);
        const changed: ContentEntry = recorded ? { ...orders, plainBytes: Buffer.byteLength(text) } : orders;
        const contents = {
          ...request.contents,
          entries: entries.map((entry) => (entry === orders ? changed : entry)),
        };
        const laidOut = { ...artefacts, dumpDirectory: () => Promise.resolve(directory) };
        return restore(server, { ...request, contents }, laidOut, events);
      },
    });

  test.for(damages)('$what', async ({ text, recorded, says }) => {
    const report = await drillOf(text, recorded);
    expect(report).toMatchObject({ verdict: 'failed', restoration: { state: 'failed' }, teardown: { state: 'done' } });
    expect(report.restoration.error?.message).toContain(says);
    expect(JSON.stringify(report)).not.toContain(canary);
    await expect(readFile(marker)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('nothing of one that is whole', async () => {
    expect(await drillOf((text) => text, true)).toMatchObject({ verdict: 'passed' });
  });
});
