import { describe, expect, test } from 'vitest';
import { instant } from '../../../src/base/instant.ts';
import {
  addressOfKey,
  addressPrefix,
  backupId,
  decodePart,
  encodePart,
  manifestKey,
  parseBackupId,
  recordKey,
  snapshotOfId,
  tombstoneKey,
} from '../../../src/manifest/keys.ts';
import { isKeyPart, keyParts } from '../../../src/repository/object-key.ts';
import { fc } from '../../support/properties.ts';

const names = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 63 }).filter((text) => text.isWellFormed()),
  fc.constantFrom('', '.', '..', '../..', '/', 'a/b', '\0', '__proto__', 'CON', 'Å', '%41', '%', '-rf', '\n', '*', '~'),
);

describe('a part of a key', () => {
  test('can be undone, and no two names share one', () => {
    fc.assert(
      fc.property(names, names, (one, other) => {
        expect(decodePart(encodePart(one))).toBe(one);
        expect(encodePart(one) === encodePart(other)).toBe(one === other);
        expect(encodePart(one).toLowerCase() === encodePart(other).toLowerCase()).toBe(one === other);
      }),
      { numRuns: 1_000 },
    );
  });

  test('never leaves its directory, and is a name that the storage takes', () => {
    fc.assert(
      fc.property(names, (name) => {
        expect(encodePart(name)).toMatch(/^[a-z0-9_%-][A-F0-9a-z_%-]*$/);
        expect(Buffer.byteLength(name) > 63 || isKeyPart(encodePart(name))).toBe(true);
      }),
    );
  });

  test('is read only in the one form that it is written in', () => {
    for (const part of ['', 'A', '%4a', '%61', '%', '%%', '%0', '..', '%FF', '%C0%AF', 'a b'])
      expect(decodePart(part) === undefined || encodePart(decodePart(part) ?? '') === part).toBe(true);
    for (const part of ['A', '%4a', '%61', '..', '%FF', '%C0%AF', 'a b', '']) expect(decodePart(part)).toBeUndefined();
  });
});

describe('a key', () => {
  const ids = fc
    .tuple(fc.integer({ min: 0, max: 4_000_000_000_000 }), fc.uint8Array({ minLength: 4, maxLength: 4 }))
    .map(([at, random]) => backupId(instant(Math.trunc(at / 1_000) * 1_000), random));

  test('tells its address and its id', () => {
    fc.assert(
      fc.property(names, names, ids, (server, database, id) => {
        const address = { server, database };
        for (const key of [
          manifestKey(address, id),
          tombstoneKey(address, id),
          recordKey({ kind: 'drill', address, at: instant(0), id, random: '00' }),
        ]) {
          expect(addressOfKey(key)).toEqual(address);
          expect(key).toContain(`/${addressPrefix(address)}/`);
          expect(key.split('/')).not.toContain('..');
        }
      }),
    );
  });

  test('of a backup sorts by its snapshot, to the second', () => {
    fc.assert(
      fc.property(ids, ids, (one, other) => {
        expect(parseBackupId(one)).toBe(one);
        expect(snapshotOfId(one) >= snapshotOfId(other) || one < other).toBe(true);
      }),
    );
  });

  test.each([
    '../holdfast.json',
    'manifests/../../etc/passwd',
    '/etc/passwd',
    'manifests//x',
    'manifests/.hidden',
    'manifests/a\0b',
    'a/b/c/d/e/f/g/h/i',
    'manifests/a b',
    `manifests/${'x'.repeat(256)}`,
    '',
  ])('that no Holdfast makes is refused: %j', (key) => {
    expect(() => keyParts(key)).toThrow(expect.objectContaining({ code: 'repository/io' }) as Error);
  });

  test.each([
    '../20261122T194629Z-3f9a2c71',
    '20261122T194629Z-3F9A2C71',
    '20261122T194629Z-3f9a2c71\n',
    '',
    '__proto__',
  ])('is not made from what is no id: %j', (text) => {
    expect(parseBackupId(text)).toBeUndefined();
  });
});
