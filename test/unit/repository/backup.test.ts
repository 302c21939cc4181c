import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { instant, type Instant } from '../../../src/base/instant.ts';
import { encodeContents, encodeManifest } from '../../../src/manifest/encode.ts';
import { backupId, contentsKey, manifestKey, tombstoneKey, type BackupId } from '../../../src/manifest/keys.ts';
import type { ContentEntry, Contents, Manifest } from '../../../src/manifest/manifest.ts';
import { drillRecord, verifyRecord } from '../../../src/manifest/records.ts';
import { backupReader } from '../../../src/repository/backup-reader.ts';
import { backupWriter } from '../../../src/repository/backup-writer.ts';
import {
  newestBackup,
  readCatalogue,
  readContents,
  readManifest,
  writeRecord,
} from '../../../src/repository/catalogue.ts';
import { initialiseFilesystemRepository } from '../../../src/repository/filesystem/initialise.ts';
import { openFilesystemRepository } from '../../../src/repository/filesystem/open.ts';
import { expireBackup, sweepExpired, sweepTemporaries, sweepUnfinished } from '../../../src/repository/remove.ts';
import type { Repository } from '../../../src/repository/repository.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { acquireLease } from '../../../src/repository/lease.ts';
import { rereadRounds } from '../../../src/repository/reread-sample.ts';

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const address = { server: 'main', database: 'Shop/1' };
const at = Date.UTC(2026, 10, 22, 19, 46, 29);
const big = randomBytes(200_000);
const by = { user: 'u', host: 'h', run: null };

let place: string;
let repository: Repository;
let cacheDirectory: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'holdfast-backup-'));
  cacheDirectory = join(place, 'cache');
  await initialiseFilesystemRepository(join(place, 'repository'));
  repository = await openFilesystemRepository(join(place, 'repository'));
});
afterEach(() => rm(place, { recursive: true, force: true }));

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Stores the files of a backup and its contents; `commit` makes it one. */
async function store(id: BackupId, history: Pick<Manifest, 'sequence' | 'previous'> = { sequence: 7, previous: null }) {
  const writer = backupWriter(repository, id);
  const scratch = String(await repository.scratch(id));
  await mkdir(join(scratch, 'dump'));
  const files = new Map<string, Uint8Array>([
    ['toc.dat', Buffer.from('toc')],
    ['1.dat', Buffer.alloc(600, 'x')],
    ['2.dat', big],
    ['empty', Buffer.alloc(0)],
  ]);
  for (const [file, bytes] of files) {
    const path = join(scratch, 'dump', file);
    await writeFile(path, bytes);
    await writer.file({ file, path, storedBytes: bytes.length, storedSha256: sha256(bytes), codec: 'none' });
  }
  await writer.text('roles', 'CREATE ROLE r;');
  const stored = await writer.finish();
  const entries = [...stored.parts].map(([file, parts]): ContentEntry => ({
    kind: file === 'roles.sql.zst' ? 'roles' : 'table-data',
    subject: file,
    file,
    rows: null,
    columns: null,
    plainBytes: 1,
    digest: sha256(''),
    parts,
  }));
  const contents: Contents = {
    formatVersion: 1,
    kind: 'holdfast.contents',
    id,
    entries,
    inventory: [],
    accessText: 'access',
    roles: [],
  };
  const bytes = encodeContents(contents);
  const object = await repository.put(contentsKey(id), once(bytes));
  const time = new Date(at).toISOString();
  const manifest: Manifest = {
    formatVersion: 1,
    kind: 'holdfast.manifest',
    id,
    address,
    ...history,
    tool: { name: 'holdfast', version: '1' },
    engine: 'postgresql',
    method: 'logical',
    source: {
      identity: '1',
      version: '15.14',
      versionNumber: 150_014,
      bootstrapRole: 'postgres',
      encoding: 'UTF8',
      locale: { provider: 'libc', collate: 'C', ctype: 'C', locale: null },
      extensions: [],
      tablespaces: [],
      databaseBytes: 1,
      settings: {},
    },
    clients: [],
    snapshot: { time, position: null },
    startedAt: time,
    finishedAt: time,
    holds: { roles: 'all', passwords: 'hashes', include: [], exclude: [], excludedTables: [], excludedTableData: [] },
    access: { fingerprint: sha256('access'), passwords: null },
    degradations: [],
    proof: { level: 'L2', at: time },
    totals: {
      tables: 1,
      rows: 1,
      largeObjects: 0,
      plainBytes: 1,
      storedBytes: stored.storedBytes,
      objects: stored.objects,
    },
    contents: { object: contentsKey(id), offset: 0, length: object.bytes, storedSha256: object.sha256, codec: 'zstd' },
    steps: [{ phase: 'roles', tool: 'sql', subjects: ['roles'] }],
    timings: {},
  };
  return {
    files,
    contents,
    manifest,
    stored,
    commit: () => repository.commit(manifestKey(address, id), encodeManifest(manifest)),
  };
}

const newId = (offset = 0): BackupId => backupId(instant(at + offset), randomBytes(4));
const catalogue = () => readCatalogue(repository, { cacheDirectory });

describe('a backup', () => {
  test('comes back byte for byte, laid out as it was', async () => {
    const id = newId();
    const { files, manifest, contents, commit } = await store(id);
    await commit();
    expect(await readManifest(repository, address, id)).toEqual(manifest);
    expect(await readContents(repository, manifest)).toEqual(contents);
    await backupReader(repository).layOut(contents.entries, join(place, 'out'));
    for (const [file, bytes] of files) expect((await readFile(join(place, 'out', file))).equals(bytes)).toBe(true);
    expect(await repository.names('scratch/')).not.toContain(id);
  });

  test('packs small files into archives that stock tar unpacks', async () => {
    const id = newId();
    await store(id);
    await mkdir(join(place, 'tar'));
    execFileSync('tar', ['-xf', join(repository.location, 'data', id, 'small-1.tar'), '-C', join(place, 'tar')]);
    expect((await readdir(join(place, 'tar'))).sort()).toEqual(['1.dat', 'empty', 'toc.dat']);
    expect(String(await readFile(join(place, 'tar/toc.dat')))).toBe('toc');
  });

  test.each(['dump/2.dat', 'small-1.tar', 'roles.sql.zst'])(
    'with a flipped bit in %s is told damaged, naming the object',
    async (name) => {
      const id = newId();
      const { contents } = await store(id);
      const path = join(repository.location, 'data', id, name);
      const bytes = await readFile(path);
      const offset = name === 'small-1.tar' ? 512 : bytes.length >> 1;
      bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
      await writeFile(path, bytes);
      await expect(backupReader(repository).layOut(contents.entries, join(place, 'out'))).rejects.toMatchObject({
        code: 'repository/object-corrupt',
        message: expect.stringContaining(`data/${id}/${name}`) as string,
      });
      await rm(path);
      await expect(backupReader(repository).layOut(contents.entries, join(place, 'again'))).rejects.toMatchObject({
        code: 'repository/object-missing',
      });
    },
  );

  test('whose file changed after it was proven is refused', async () => {
    const writer = backupWriter(repository, newId());
    await writeFile(join(place, 'f'), 'now');
    await expect(
      writer.file({ file: 'f', path: join(place, 'f'), storedBytes: 3, storedSha256: sha256('old'), codec: 'none' }),
    ).rejects.toMatchObject({ code: 'repository/object-corrupt' });
  });
});

describe('a file of another file system', () => {
  test('is adopted by copy, read back, and gone from its place', async () => {
    const elsewhere = await mkdtemp('/dev/shm/holdfast-test-');
    try {
      expect((await stat(elsewhere)).dev).not.toBe((await stat(repository.location)).dev);
      const path = join(elsewhere, 'f');
      await writeFile(path, big);
      const key = `data/${newId()}/dump/f`;
      await expect(repository.adopt(key, path, sha256('other'))).rejects.toMatchObject({
        code: 'repository/object-corrupt',
      });
      expect(await readdir(elsewhere)).toEqual(['f']);
      expect(await repository.adopt(key, path, sha256(big))).toEqual({ bytes: big.length, sha256: sha256(big) });
      expect(await readdir(elsewhere)).toEqual([]);
      expect((await repository.readSmall(key, 1_000_000)).equals(big)).toBe(true);
      expect(await repository.names('scratch/tmp/')).toEqual([]);
      await writeFile(path, big);
      await expect(repository.adopt(key, path, sha256(big))).rejects.toMatchObject({
        code: 'repository/object-exists',
      });
      expect(await readdir(elsewhere)).toEqual(['f']);
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });
});

describe('the catalogue', () => {
  test('tells backups, their newest records, what is unfinished and what is invalid', async () => {
    const [good, pending, broken] = [newId(), newId(1_000), newId(2_000)];
    await (await store(good)).commit();
    await store(pending);
    await repository.commit(manifestKey(address, broken), Buffer.from('{}'));
    const tool = { name: 'holdfast', version: '1' };
    for (const [offset, passed] of [
      [1, true],
      [60_000, false],
    ] as const) {
      await writeRecord(
        repository,
        verifyRecord({ report: { address, backup: good, level: 'L2', passed }, at: instant(at + offset), tool }),
        randomBytes,
      );
    }
    await writeRecord(
      repository,
      drillRecord({
        report: { address, backup: { id: good }, verdict: 'passed', reached: 'L5', rto: { ms: 1_234 } },
        at: instant(at + 5_000),
      }),
      randomBytes,
    );
    const cold = await catalogue();
    expect(cold.backups).toMatchObject([
      {
        id: good,
        address,
        sequence: 7,
        snapshotAt: at,
        verified: { passed: false, at: at + 60_000 },
        drilled: { passed: true, level: 'L5', restoreMs: 1_234 },
      },
    ]);
    expect(cold.unfinished).toMatchObject([{ id: pending, live: false }]);
    expect(cold.invalidManifests).toMatchObject([{ key: manifestKey(address, broken) }]);
    expect(await catalogue()).toEqual(cold);
    for (const name of await readdir(cacheDirectory)) await writeFile(join(cacheDirectory, name), 'damaged');
    expect(await catalogue()).toEqual(cold);
    expect(await newestBackup(repository, { server: 'main', database: 'none' })).toBeUndefined();
  });

  test.for(['data', 'contents'])('sees that the %s of a backup are gone', async (what) => {
    const [hollow, whole] = [newId(), newId(1_000)];
    for (const id of [hollow, whole]) await (await store(id)).commit();
    expect((await catalogue()).backups.map(({ dataGone }) => dataGone)).toEqual([undefined, undefined]);
    const gone = what === 'data' ? `data/${hollow}` : contentsKey(hollow);
    await rm(join(repository.location, gone), { recursive: true });
    expect((await catalogue()).backups.map(({ id, dataGone }) => [id, dataGone])).toEqual([
      [hollow, true],
      [whole, undefined],
    ]);
    expect((await catalogue()).unfinished).toEqual([]);
  });

  test('takes the later of two records of one second, whatever their random ends', async () => {
    const id = newId();
    await (await store(id)).commit();
    const tool = { name: 'holdfast', version: '1' };
    for (const [milliseconds, passed, random] of [
      [1, true, 0xff],
      [2, false, 0x00],
    ] as const)
      await writeRecord(
        repository,
        verifyRecord({
          report: { address, backup: id, level: 'L2', passed },
          at: instant(at + 60_000 + milliseconds),
          tool,
        }),
        (bytes) => new Uint8Array(bytes).fill(random),
      );
    expect((await catalogue()).backups).toMatchObject([{ id, verified: { passed: false } }]);
  });

  test('believes no record that stands under the name of another backup', async () => {
    const [proven, other] = [newId(), newId(1_000)];
    for (const id of [proven, other]) await (await store(id)).commit();
    const tool = { name: 'holdfast', version: '1' };
    const report = { address, backup: proven, level: 'L2', passed: true } as const;
    await writeRecord(repository, verifyRecord({ report, at: instant(at + 1), tool }), randomBytes);
    const folder = join(repository.location, manifestKey(address, proven).replace('manifests', 'records/verify'), '..');
    const [name = ''] = await readdir(folder);
    await writeFile(join(folder, name.replace(proven, other)), await readFile(join(folder, name)));
    expect((await catalogue()).backups.map(({ id, verified }) => [id, verified?.passed])).toEqual([
      [proven, true],
      [other, undefined],
    ]);
  });

  test('reads a manifest again that changed behind its back', async () => {
    const id = newId();
    const { manifest, commit } = await store(id);
    await commit();
    expect((await catalogue()).backups).toHaveLength(1);
    const path = join(repository.location, manifestKey(address, id));
    const text = String(await readFile(path));
    await writeFile(path, text.replace('"sequence":7', '"sequence":8'));
    await utimes(path, 1, 1);
    expect(await catalogue()).toMatchObject({
      backups: [],
      invalidManifests: [{ detail: expect.stringContaining('digest') as string }],
    });
    expect(manifest.sequence).toBe(7);
  });
});

describe('decay that no listing shows', () => {
  /** The same size and times, in the same inode: what is known of it is as before. */
  const decay = (path: string, change: (text: string) => string) => {
    const real = repository;
    return {
      ...real,
      readSmall: async (key: string, limit: number) => {
        const bytes = await real.readSmall(key, limit);
        return key === path ? Buffer.from(change(String(bytes))) : bytes;
      },
    } satisfies Repository;
  };

  test('of a manifest is found within a known number of plans', async () => {
    const [id, other] = [newId(), newId(1_000)];
    for (const each of [id, other]) await (await store(each)).commit();
    expect((await catalogue()).backups).toHaveLength(2);
    const decayed = decay(manifestKey(address, id), (text) => text.replace('"sequence":7', '"sequence":6'));
    let reads = 0;
    let found: readonly string[] = [];
    for (let plan = 0; plan < rereadRounds; plan += 1) {
      const counted = {
        ...decayed,
        readSmall: (...ask: [string, number]) => ((reads += 1), decayed.readSmall(...ask)),
      };
      found = (await readCatalogue(counted, { cacheDirectory })).invalidManifests.map(({ key }) => key);
    }
    expect(found).toEqual([manifestKey(address, id)]);
    // The sound one was read again once; the damaged one from when it was found on, since nothing is known of it any more.
    expect(reads).toBeLessThanOrEqual(1 + rereadRounds);
    expect((await catalogue()).backups).toHaveLength(2);
  });

  test('costs one reading of each object in that many plans', async () => {
    for (let n = 0; n < 10; n += 1) await (await store(newId(n * 1_000))).commit();
    const cold = await catalogue();
    const index = join(cacheDirectory, `catalogue-${repository.id}.json`);
    const written = (await stat(index)).ino;
    let reads = 0;
    const counted: Repository = { ...repository, readSmall: (...ask) => ((reads += 1), repository.readSmall(...ask)) };
    for (let plan = 0; plan < rereadRounds; plan += 1)
      expect(await readCatalogue(counted, { cacheDirectory })).toEqual(cold);
    expect(reads).toBe(10);
    // Nor is the index written anew for it.
    expect((await stat(index)).ino).toBe(written);
  });
});

describe('a manifest that somebody removed', () => {
  /** Backups in a row, oldest first, as runs commit them. */
  async function commitRow(count: number): Promise<readonly BackupId[]> {
    const ids: BackupId[] = [];
    for (let sequence = 1; sequence <= count; sequence += 1) {
      const id = newId(sequence * 1_000);
      await (await store(id, { sequence, previous: ids.at(-1) ?? null })).commit();
      ids.push(id);
    }
    return ids;
  }
  const lost = async () => (await catalogue()).lost;

  test('is told by what names it, from the index as well, and an empty tombstone explains it', async () => {
    const [first, second, third] = await commitRow(3);
    expect(await lost()).toEqual([]);
    await rm(join(repository.location, manifestKey(address, second as BackupId)));
    for (let plan = 0; plan < 2; plan += 1) expect(await lost()).toEqual([{ address, id: second, sequence: 2 }]);
    await mkdir(join(repository.location, tombstoneKey(address, second as BackupId), '..'), { recursive: true });
    await writeFile(join(repository.location, tombstoneKey(address, second as BackupId)), '');
    expect(await lost()).toEqual([]);
    expect((await catalogue()).backups.map(({ id }) => id)).toEqual([first, third]);
  });

  test('is told by its number where the one after it is gone as well', async () => {
    const [, second, third] = await commitRow(4);
    for (const id of [second, third]) await rm(join(repository.location, manifestKey(address, id as BackupId)));
    expect(await lost()).toEqual([
      { address, id: third, sequence: 3 },
      { address, id: undefined, sequence: 2 },
    ]);
  });

  test('is told among backups that expired, by its own number', async () => {
    const ids = await commitRow(6);
    for (const id of ids.slice(0, 4)) {
      await expireBackup(repository, address, id, { at: instant(at + 9_000), by });
      if (id !== ids[2]) await rm(join(repository.location, manifestKey(address, id)));
    }
    expect(await lost()).toEqual([]);
    // With its tombstone, the number of the second goes too.
    await rm(join(repository.location, tombstoneKey(address, ids[1] as BackupId)));
    expect(await lost()).toEqual([{ address, id: ids[1], sequence: 2 }]);
  });

  test('is not seen in a copy of the repository, whole or without what only runs need', async () => {
    const ids = await commitRow(5);
    for (const id of ids.slice(0, 2)) await expireBackup(repository, address, id, { at: instant(at + 9_000), by });
    await sweepExpired(repository, address, ids[0] as BackupId, instant(Date.now() + 25 * 3_600_000));
    const report = { address, backup: ids[4] as BackupId, level: 'L2', passed: true } as const;
    const tool = { name: 'holdfast', version: '1' };
    await writeRecord(repository, verifyRecord({ report, at: instant(at + 1), tool }), randomBytes);
    for (const left of [[], ['leases', 'scratch'], ['records']]) {
      const copy = join(place, `copy without ${left.join()}`);
      await cp(repository.location, copy, { recursive: true });
      for (const name of left) await rm(join(copy, name), { recursive: true, force: true });
      const copied = await readCatalogue(await openFilesystemRepository(copy), { cacheDirectory: join(copy, 'cache') });
      expect(copied.backups.map(({ id }) => id)).toEqual(ids.slice(2));
      expect(copied.lost).toEqual([]);
    }
  });

  test('is told by a record about it, also where it was the only one', async () => {
    const [only] = await commitRow(1);
    const report = { address, backup: only as BackupId, level: 'L2', passed: true } as const;
    const tool = { name: 'holdfast', version: '1' };
    await writeRecord(repository, verifyRecord({ report, at: instant(at + 1), tool }), randomBytes);
    await rm(join(repository.location, manifestKey(address, only as BackupId)));
    expect(await lost()).toEqual([{ address, id: only, sequence: undefined }]);
  });

  test('is told by the lease of its capture, and is no abandoned work', async () => {
    const id = newId();
    const clock = systemClock;
    const holder = { host: 'h', pid: 1, command: 'backup apply', since: '2026-11-22T20:00:00Z', run: null };
    const scope = `capture/${manifestKey(address, id).split('/').slice(1, 3).join('/')}`;
    const lease = await acquireLease(repository, scope, { clock, holder });
    await lease.note(id);
    await (await store(id, { sequence: 1, previous: null })).commit();
    lease.committed({ id, sequence: 1 });
    await lease[Symbol.asyncDispose]();
    expect(await lost()).toEqual([]);
    await rm(join(repository.location, manifestKey(address, id)));
    const found = await catalogue();
    expect(found.lost).toEqual([{ address, id, sequence: 1 }]);
    expect(found.unfinished).toMatchObject([{ id, abandoned: false, live: false, hasContents: true }]);
    // The next holder knows as well.
    await using next = await acquireLease(repository, scope, { clock, holder });
    expect(next.lastCommit).toEqual({ id, sequence: 1 });
  });
});

describe('removal', () => {
  const nextDay = (): Instant => instant(Date.now() + 25 * 3_600_000);
  const filesLeft = async (): Promise<readonly string[]> =>
    (await readdir(repository.location, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(repository.location.length + 1));

  test('writes a tombstone first: the backup counts no more, can be read, and comes back without it', async () => {
    const [old, newest] = [newId(-60_000), newId()];
    for (const id of [old, newest]) await (await store(id)).commit();
    for (let time = 0; time < 2; time += 1) await expireBackup(repository, address, old, { at: instant(at), by });
    const found = await catalogue();
    expect(found.backups.map(({ id }) => id)).toEqual([newest]);
    expect(found.expired).toMatchObject([{ id: old, address, backup: { id: old, rows: 1 } }]);
    expect(found.expired[0]?.at).toBeGreaterThanOrEqual(at);
    expect(found.unfinished).toEqual([]);
    expect(await readManifest(repository, address, old)).toMatchObject({ id: old });
    await repository.remove(tombstoneKey(address, old));
    expect((await catalogue()).backups).toHaveLength(2);
  });

  test('deletes after the grace, and leaves the tombstone alone, also when it is repeated', async () => {
    const [old, newest] = [newId(-60_000), newId()];
    for (const id of [old, newest]) await (await store(id)).commit();
    const before = (await filesLeft()).filter((name) => !name.includes(old));
    await expireBackup(repository, address, old, { at: instant(at), by });
    for (let time = 0; time < 2; time += 1) await sweepExpired(repository, address, old, nextDay());
    expect((await filesLeft()).toSorted()).toEqual([...before, tombstoneKey(address, old)].toSorted());
    expect(await catalogue()).toMatchObject({ backups: [{ id: newest }], expired: [], unfinished: [] });
  });

  test('deletes nothing within the grace, nor without a tombstone', async () => {
    const [old, newest] = [newId(-60_000), newId()];
    for (const id of [old, newest]) await (await store(id)).commit();
    const before = await filesLeft();
    await expect(sweepExpired(repository, address, old, nextDay())).rejects.toMatchObject({ code: 'plan/stale' });
    await expireBackup(repository, address, old, { at: instant(at), by });
    await expect(sweepExpired(repository, address, old, instant(Date.now()))).rejects.toMatchObject({
      code: 'plan/stale',
    });
    expect((await filesLeft()).toSorted()).toEqual([...before, tombstoneKey(address, old)].toSorted());
  });

  test('expires nothing once the newest one is suddenly tiny, be it made by the run that expires', async () => {
    const old = newId(-60_000);
    for (const [index, [id, plainBytes]] of [
      [old, 40_000_000] as const,
      [newId(-30_000), 40_000_000] as const,
      [newId(), 1_000] as const,
    ].entries()) {
      const { manifest } = await store(id, { sequence: index + 1, previous: null });
      const totals = { ...manifest.totals, plainBytes };
      await repository.commit(manifestKey(address, id), encodeManifest({ ...manifest, totals }));
    }
    await expect(expireBackup(repository, address, old, { at: instant(at), by })).rejects.toMatchObject({
      code: 'retention/frozen',
    });
    expect((await catalogue()).expired).toEqual([]);
  });

  test('never expires the last committed, the last verified or the last drilled one', async () => {
    const [drilled, verified, middle, newest] = [newId(-3_000), newId(-2_000), newId(-1_000), newId()];
    for (const id of [drilled, verified, middle, newest]) await (await store(id)).commit();
    const tool = { name: 'holdfast', version: '1' };
    const report = { address, backup: verified, level: 'L2', passed: true } as const;
    await writeRecord(repository, verifyRecord({ report, at: instant(at + 1), tool }), randomBytes);
    const evidence = { address, backup: { id: drilled }, verdict: 'passed', reached: 'L5', rto: { ms: 1 } } as const;
    await writeRecord(repository, drillRecord({ report: evidence, at: instant(at + 2) }), randomBytes);
    for (const id of [drilled, verified, newest])
      await expect(expireBackup(repository, address, id, { at: instant(at + 9_000), by })).rejects.toMatchObject({
        code: 'retention/frozen',
      });
    await expireBackup(repository, address, middle, { at: instant(at + 9_000), by });
    expect((await catalogue()).backups.map(({ id }) => id)).toEqual([drilled, verified, newest]);
  });

  test('takes a damaged manifest with a tombstone for expired, and the storage’s time for a damaged tombstone', async () => {
    const [old, newest] = [newId(-60_000), newId()];
    await (await store(newest)).commit();
    await repository.commit(manifestKey(address, old), Buffer.from('{}'));
    await repository.commit(tombstoneKey(address, old), Buffer.from('{'));
    const since = Date.now();
    const found = await catalogue();
    expect(found.invalidManifests).toEqual([]);
    expect(found.expired).toMatchObject([{ id: old, backup: undefined }]);
    expect(Math.abs(Number(found.expired[0]?.at) - since)).toBeLessThan(3_600_000);
  });

  test('sweeps stale temporary files of killed runs, and no fresh ones', async () => {
    await mkdir(join(repository.location, 'scratch/tmp'), { recursive: true });
    for (const name of ['stale', 'fresh']) await writeFile(join(repository.location, 'scratch/tmp', name), 'x');
    await utimes(join(repository.location, 'scratch/tmp/stale'), 1, 1);
    await sweepTemporaries(repository, instant(Date.now() - 3_600_000));
    expect(await repository.names('scratch/tmp/')).toEqual(['fresh']);
  });

  test('that stopped half-way shows as unfinished and is completed by a sweep', async () => {
    const id = newId();
    await (await store(id)).commit();
    await repository.commit(tombstoneKey(address, id), Buffer.from('{}'));
    await repository.remove(manifestKey(address, id));
    expect((await catalogue()).unfinished).toMatchObject([{ id }]);
    await sweepUnfinished(repository, id);
    expect(await catalogue()).toEqual({ backups: [], expired: [], unfinished: [], invalidManifests: [], lost: [] });
  });

  test('never sweeps what is committed', async () => {
    const id = newId();
    await (await store(id)).commit();
    await expect(sweepUnfinished(repository, id)).rejects.toMatchObject({ code: 'repository/object-exists' });
    expect((await catalogue()).backups).toHaveLength(1);
  });
});
