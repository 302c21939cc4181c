import { describe, expect, test } from 'vitest';
import { decompress } from '../../../src/codec/zstd.ts';
import { instant } from '../../../src/base/instant.ts';
import { decodeContents, decodeManifest } from '../../../src/manifest/decode.ts';
import { encodeContents, encodeManifest } from '../../../src/manifest/encode.ts';
import { contentsKey, dataKey, parseBackupId, type BackupId } from '../../../src/manifest/keys.ts';
import type { Contents, Manifest } from '../../../src/manifest/manifest.ts';
import { decodeRecord, drillRecord, verifyRecord } from '../../../src/manifest/records.ts';
import { fc } from '../../support/properties.ts';

const id = parseBackupId('20261122T194629Z-3f9a2c71') as BackupId;
const sha = 'a'.repeat(64);
const time = '2026-11-22T19:46:29.000Z';
const texts = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter((text) => text.isWellFormed());

const manifests: fc.Arbitrary<Manifest> = fc
  .record({
    server: texts,
    database: texts,
    rows: fc.nat(),
    detail: texts,
    settings: fc.dictionary(texts, texts, { maxKeys: 4 }),
  })
  .map(({ server, database, rows, detail, settings }) => ({
    formatVersion: 1,
    kind: 'holdfast.manifest',
    id,
    address: { server, database },
    sequence: 7,
    previous: null,
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
      settings,
    },
    clients: [],
    snapshot: { time, position: null },
    startedAt: time,
    finishedAt: time,
    holds: { roles: 'all', passwords: 'hashes', include: [], exclude: [], excludedTables: [], excludedTableData: [] },
    access: { fingerprint: sha, passwords: null },
    degradations: [{ code: 'passwords-unreadable', subject: detail, detail }],
    proof: { level: 'L2', at: time },
    totals: { tables: 1, rows, largeObjects: 0, plainBytes: 1, storedBytes: 1, objects: 1 },
    contents: { object: contentsKey(id), offset: 0, length: 1, storedSha256: sha, codec: 'zstd' },
    steps: [{ phase: 'roles', tool: 'sql', subjects: ['roles'] }],
    timings: {},
  }));

const [sample] = fc.sample(manifests, { numRuns: 1, seed: 1 }) as [Manifest];
const invalid = expect.objectContaining({ code: 'repository/manifest-invalid' }) as Error;
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** The manifest as text, or the code of the error. */
function outcomeOf(decode: () => Manifest): string {
  try {
    return JSON.stringify(decode());
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

describe('a manifest', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(manifests, (manifest) => {
        const bytes = encodeManifest(manifest);
        const back = decodeManifest(bytes, { address: manifest.address, id });
        expect(back).toEqual(manifest);
        expect(encodeManifest(back).equals(bytes)).toBe(true);
      }),
    );
  });

  test('with any byte changed, cut or added is refused, or says the same', () => {
    const bytes = encodeManifest(sample);
    const expected = { address: sample.address, id };
    const canonical = outcomeOf(() => decodeManifest(bytes, expected));
    const refusals = new Set(['repository/manifest-invalid', 'repository/format']);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const flipped = Buffer.from(bytes);
        flipped.writeUInt8(flipped.readUInt8(at) ^ change, at);
        const outcome = outcomeOf(() => decodeManifest(flipped, expected));
        // White space at the end is no content.
        expect(outcome === canonical || refusals.has(outcome)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    for (const cut of [0, 1, bytes.length >> 1, bytes.length - 2])
      expect(() => decodeManifest(bytes.subarray(0, cut), expected)).toThrow(invalid);
  });

  test('stands under its own name only, and names its own contents only', () => {
    const other = parseBackupId('20261122T194629Z-00000000') as BackupId;
    const bytes = encodeManifest(sample);
    expect(() => decodeManifest(bytes, { address: sample.address, id: other })).toThrow(invalid);
    expect(() => decodeManifest(bytes, { address: { ...sample.address, server: 'x' }, id })).toThrow(invalid);
    for (const object of [contentsKey(other), '../../etc/passwd', `contents/${id}.json.zst/../x`]) {
      const foreign = encodeManifest({ ...sample, contents: { ...sample.contents, object } });
      expect(() => decodeManifest(foreign, { address: sample.address, id })).toThrow(invalid);
    }
  });

  test.each([
    ['null', 'null'],
    ['a list', '[]'],
    ['no object', '"x"'],
    ['a prototype', '{"__proto__":{"polluted":true},"formatVersion":1}'],
    ['a constructor', '{"constructor":{"prototype":{"polluted":true}}}'],
    ['invalid UTF-8', '\xff\xfe{'],
  ])('that is %s is refused, and changes no other object', (_, text) => {
    expect(() => decodeManifest(Buffer.from(text, 'latin1'), { address: sample.address, id })).toThrow(invalid);
    expect('polluted' in {}).toBe(false);
  });

  test('of a newer format says so', () => {
    expect(() => decodeManifest(json({ formatVersion: 2 }), { address: sample.address, id })).toThrow(
      expect.objectContaining({ code: 'repository/format' }) as Error,
    );
  });
});

describe('contents', () => {
  const contents = (change: { readonly object?: string; readonly file?: string } = {}): Contents => ({
    formatVersion: 1,
    kind: 'holdfast.contents',
    id,
    entries: [
      {
        kind: 'table-data',
        subject: 'public.t',
        file: change.file ?? '1.dat',
        rows: 1,
        columns: ['a'],
        plainBytes: 2,
        digest: sha,
        parts: [
          {
            object: change.object ?? dataKey(id, 'dump/1.dat'),
            offset: 0,
            length: 2,
            storedSha256: sha,
            codec: 'none',
          },
        ],
      },
    ],
    inventory: [],
    accessText: 'role a\n',
    roles: [],
  });

  test('come back as they were', () => {
    const bytes = encodeContents(contents());
    expect(decodeContents(decompress(bytes, 1_000_000), id)).toEqual(contents());
    expect(() => decompress(bytes, 10)).toThrow(/./);
  });

  test.each([
    { object: '../../../etc/passwd' },
    { object: '/etc/passwd' },
    { object: `data/${id}/../20261122T194629Z-00000000/dump/1.dat` },
    { object: `data/${id}/.hidden` },
    { object: 'data/20261122T194629Z-00000000/dump/1.dat' },
    { file: '../x' },
    { file: '..' },
    { file: '.' },
    { file: 'a/b' },
    { file: 'a\0b' },
    { file: '' },
  ])('that lead outside are refused: %j', (change) => {
    expect(() => decodeContents(json(contents(change)), id)).toThrow(invalid);
  });
});

describe('a record', () => {
  const address = { server: 's', database: '__proto__' };
  const tool = { name: 'holdfast', version: '1' };

  test('comes back as it was', () => {
    const verified = verifyRecord({
      report: { address, backup: id, level: 'L2', passed: false },
      at: instant(0),
      tool,
    });
    const report = { address, backup: { id }, verdict: 'passed', reached: 'L6', rto: { ms: 12 } } as const;
    for (const record of [verified, drillRecord({ report, at: instant(1) })])
      expect(decodeRecord(json(record))).toEqual(record);
  });

  test('that is damaged is none', () => {
    const good = verifyRecord({ report: { address, backup: id, level: 'L2', passed: true }, at: instant(0), tool });
    for (const change of [
      { formatVersion: 2 },
      { id: '../x' },
      { at: 'soon' },
      { passed: 1 },
      { level: 'L9' },
      { kind: 'x' },
    ])
      expect(decodeRecord(json({ ...good, ...change }))).toBeUndefined();
    for (const text of ['', 'null', '[]', '{', '1']) expect(decodeRecord(Buffer.from(text))).toBeUndefined();
  });
});
