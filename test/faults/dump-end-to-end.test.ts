import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBench, processesOf, shopSpec, type Bench } from '../support/bench.ts';
import { stubClients } from '../support/stub-client.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
  await bench.applies();
});
afterAll(() => bench[Symbol.asyncDispose]());

const plain = { dump: { compression: 'none' } };

/**
 * What an apply with each stub for pg_dump says. `exit` is 1 where nothing else says it, 24 where the plan cannot even begin.
 */
const faults: readonly {
  readonly stub: string;
  readonly code: string;
  readonly policy?: object;
  readonly exit?: number;
}[] = [
  { stub: 'truncates', code: 'dump/truncated' },
  { stub: 'truncates', code: 'dump/truncated', policy: plain },
  { stub: 'flips-bit', code: 'dump/truncated' },
  { stub: 'empties', code: 'dump/truncated' },
  { stub: 'empties', code: 'dump/truncated', policy: plain },
  { stub: 'loses-file', code: 'dump/entry-missing' },
  { stub: 'adds-file', code: 'dump/entry-missing', policy: plain },
  { stub: 'drops-row', code: 'dump/count-mismatch', policy: plain },
  { stub: 'dies', code: 'dump/failed' },
  { stub: 'warns', code: 'dump/failed' },
  { stub: 'exits-1', code: 'dump/failed' },
  { stub: 'writes-nothing', code: 'dump/failed' },
  { stub: 'claims-old', code: 'client/too-old', exit: 24 },
  { stub: 'claims-new', code: 'client/missing', exit: 24 },
];

test.for(faults)('apply with a pg_dump that $stub ends red with $code', async ({ stub, code, policy, exit = 1 }) => {
  const before = await bench.committed();
  await using clients = await stubClients(stub, bench.server.binaries);
  await bench.work.spec(shopSpec(bench.server, { declared: { clients: clients.folder }, policy: { ...policy } }));
  const ran = await bench.backup(['apply', '--auto-approve', '--now']);
  expect(ran.stdout + ran.stderr).toContain(code);
  expect(ran.code).toBe(exit);
  await bench.nothingLeft();
  expect(await processesOf([clients.folder])).toEqual([]);

  expect(await bench.sound()).toEqual(before);
  await bench.work.spec(shopSpec(bench.server));
  expect(await bench.applies()).toHaveLength(before.length + 1);
});

test('rows that row-level security hides from the login are never left out in silence', async () => {
  const before = await bench.committed();
  await bench.server.sql(
    'shop',
    `CREATE ROLE keeper LOGIN IN ROLE pg_read_all_data;
     CREATE POLICY own ON orders USING (id < 10); ALTER TABLE orders ENABLE ROW LEVEL SECURITY`,
  );
  await bench.work.spec(shopSpec(bench.server, { declared: { user: 'keeper' } }));
  const ran = await bench.backup(['apply', '--auto-approve', '--now']);
  expect(ran.stdout + ran.stderr).toContain('capture/row-security');
  expect(ran.code).toBe(24);
  expect(await bench.sound()).toEqual(before);

  await bench.server.sql('shop', 'ALTER ROLE keeper BYPASSRLS');
  expect(await bench.applies()).toHaveLength(before.length + 1);
  await bench.work.spec(shopSpec(bench.server));
});
