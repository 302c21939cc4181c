import { cp, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { compose } from '../../src/cli/compose.ts';
import type { BackupId } from '../../src/manifest/keys.ts';
import { verifyBackup } from '../../src/run/verify.ts';
import { openBench, shopSpec, type Bench } from '../support/bench.ts';

let bench: Bench;
/** An older backup that nothing happens to, and the one that is damaged. */
let older: string;
let newer: string;
let whole: string;

beforeAll(async () => {
  bench = await openBench();
  [older = ''] = await bench.applies();
  await bench.server.sql(
    'shop',
    `INSERT INTO orders VALUES (0, 'later'); CREATE ROLE later; GRANT SELECT ON orders TO later; ALTER DATABASE shop SET work_mem = '5MB'`,
  );
  newer = (await bench.applies()).find((id) => id !== older) ?? '';
  // From here on a backup is due only because of damage.
  await bench.work.spec(shopSpec(bench.server, { policy: { every: '52w' } }));
  whole = join(bench.work.path, 'whole');
  await cp(bench.work.repository, whole, { recursive: true });
});
afterAll(() => bench[Symbol.asyncDispose]());
beforeEach(async () => {
  await rm(bench.work.repository, { recursive: true });
  await cp(whole, bench.work.repository, { recursive: true });
});

/** Paths of what one backup consists of, below the repository. */
async function objectsOf(id: string): Promise<readonly string[]> {
  const entries = await readdir(whole, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(whole.length + 1))
    .filter((path) => path.includes(id) && !path.startsWith('records/'))
    .sort();
}

function flip(at: (length: number) => number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const position = at(bytes.byteLength);
    bytes.writeUInt8(bytes.readUInt8(position) ^ 1, position);
    return bytes;
  };
}

/** Undefined removes the object. `other` is the same object of the older backup. */
const damages: Readonly<Record<string, (bytes: Buffer, other: Buffer) => Buffer | undefined>> = {
  'a flipped first bit': flip(() => 0),
  'a flipped bit in the middle': flip((length) => length >> 1),
  'a flipped last bit': flip((length) => length - 1),
  'half of it gone': (bytes) => bytes.subarray(0, bytes.byteLength >> 1),
  'its last byte gone': (bytes) => bytes.subarray(0, -1),
  'nothing in it': () => Buffer.alloc(0),
  'zeros in it': (bytes) => Buffer.alloc(bytes.byteLength),
  'the same object of another backup in its place': (_, other) => other,
  'no such object': () => undefined,
};

/** Does the damage; false where the object is the same after it. */
async function damage(object: string, how: keyof typeof damages): Promise<boolean> {
  const path = join(bench.work.repository, object);
  // The number in the name of a data file is the item of the archive, the same in both dumps.
  const other = await readFile(join(whole, object.replaceAll(newer, older)));
  const bytes = await readFile(path);
  const damaged = damages[how]?.(Buffer.from(bytes), other);
  if (damaged === undefined) await rm(path);
  else await writeFile(path, damaged);
  return damaged?.equals(bytes) !== true;
}

test('every damage to every object of a stored backup is found', async () => {
  const tools = compose(
    {
      stdout: process.stdout,
      stderr: process.stderr,
      stdin: process.stdin,
      env: { XDG_CACHE_HOME: join(bench.work.path, 'other-cache') },
      cwd: bench.work.path,
      signal: new AbortController().signal,
      command: 'verify',
    },
    () => undefined,
  );
  const repository = await tools.openRepository('repository');
  const verify = (id: string) =>
    verifyBackup(
      { repository, address: { server: 'main', database: 'shop' }, backup: id as BackupId, level: 'L1', key: id },
      tools,
    );
  const objects = await objectsOf(newer);
  expect(objects.map((path) => path.replace(newer, 'ID').replace(/\d+\.dat/, 'N.dat'))).toEqual([
    'contents/ID.json.zst',
    'data/ID/database.sql.zst',
    'data/ID/dump/N.dat.gz',
    'data/ID/roles.sql.zst',
    'data/ID/small-1.tar',
    'data/ID/supplement.sql.zst',
    'manifests/main/shop/ID.json',
  ]);
  const unseen: string[] = [];
  for (const object of objects) {
    for (const how of Object.keys(damages)) {
      if (!(await damage(object, how))) continue;
      const { passed } = await verify(newer);
      if (passed) unseen.push(`${object.slice(object.lastIndexOf('/') + 1)}: ${how}`);
      await cp(join(whole, object), join(bench.work.repository, object));
    }
  }
  // Nothing of the backup: a tar's headers and padding (each member is found by its place and its hash), and a manifest's
  // newline.
  expect(unseen).toEqual([
    'small-1.tar: a flipped first bit',
    'small-1.tar: a flipped last bit',
    'small-1.tar: its last byte gone',
    `${newer}.json: its last byte gone`,
  ]);
  expect((await verify(newer)).passed).toBe(true);
  expect((await verify(older)).passed).toBe(true);
});

interface Planned {
  readonly actions: readonly { readonly kind: string; readonly reason?: { readonly kind: string } | null }[];
}

describe.for([
  ['manifests/main/shop/ID.json', 'a flipped bit in the middle'],
  ['contents/ID.json.zst', 'half of it gone'],
  ['data/ID/roles.sql.zst', 'no such object'],
  ['data/ID/dump', 'a flipped bit in the middle'],
  ['data/ID/small-1.tar', 'zeros in it'],
] as const)('%s with %s', ([object, how]) => {
  test('is red in verify, is planned to be replaced, and restores nothing', async () => {
    const path = (await objectsOf(newer)).find((candidate) => candidate.startsWith(object.replace('ID', newer))) ?? '';
    await damage(path, how);
    const verified = await bench.backup(['verify']);
    expect(verified.code, verified.stdout + verified.stderr).toBe(26);
    expect(verified.stdout).toContain(newer);
    const records = await readdir(join(bench.work.repository, 'records/verify/main/shop'));
    const record = records.find((name) => name.includes(newer));
    expect(await readFile(join(bench.work.repository, 'records/verify/main/shop', record ?? ''), 'utf8')).toMatch(
      /"passed":\s*false/,
    );

    const plan = await bench.work.json<Planned>(['plan'], { env: bench.env });
    expect(plan.actions).toMatchObject([{ kind: 'back-up', reason: { kind: 'damaged' } }]);

    const drilled = await bench.backup(['drill', '--set', newer]);
    const restored = await bench.backup([
      'restore',
      '--set',
      newer,
      '--to',
      'main',
      '--allow-source',
      '--as',
      'shop2',
      'main/shop',
    ]);
    expect(restored.code, restored.stdout + restored.stderr).not.toBe(0);
    expect(await bench.server.sql('postgres', `SELECT FROM pg_database WHERE datname = 'shop2'`)).toEqual([]);
    // Of a damaged manifest nothing can be read, not even what it is a backup of: no drill of it can be recorded.
    const kinds: readonly string[] = await readdir(join(bench.work.repository, 'records'));
    expect([drilled.code, kinds.includes('drill')], drilled.stdout + drilled.stderr).toEqual(
      object.startsWith('manifests/') ? [1, false] : [26, true],
    );

    expect((await bench.backup(['verify', '--set', older])).code).toBe(0);
    expect(await bench.applies()).toHaveLength(3);
    expect((await bench.backup(['verify'])).code).toBe(0);
    await bench.nothingLeft();
  });
});

test('what lies in the place of an object is told, in every backup, and the others are read', async () => {
  const objects = await objectsOf(newer);
  const data = objects.find((path) => path.startsWith('data/')) ?? '';
  const path = join(bench.work.repository, data);
  await rename(path, `${path}.kept`);
  await mkdir(path);
  const verified = await bench.work.json<{ backups: readonly { backup: string; passed: boolean }[] }>(
    ['verify', '--all', '--level', 'L1'],
    { env: bench.env, code: 26 },
  );
  expect(verified.backups).toContainEqual(expect.objectContaining({ backup: newer, passed: false }));
  expect(verified.backups).toContainEqual(expect.objectContaining({ backup: older, passed: true }));
  await rmdir(path);
  await rename(`${path}.kept`, path);
  // Once found damaged it is read whole, whatever is asked for.
  const again = await bench.work.json<{ backups: readonly { level: string }[] }>(
    ['verify', '--set', newer, '--level', 'L1'],
    { env: bench.env },
  );
  expect(again.backups).toMatchObject([{ level: 'L2', passed: true }]);
});
