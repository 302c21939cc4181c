import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { instant } from '../../../src/base/instant.ts';
import { backupId, manifestKey } from '../../../src/manifest/keys.ts';
import { readCatalogue } from '../../../src/repository/catalogue.ts';
import { initialiseFilesystemRepository } from '../../../src/repository/filesystem/initialise.ts';
import { openFilesystemRepository } from '../../../src/repository/filesystem/open.ts';
import type { Repository } from '../../../src/repository/repository.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hf-race-'));
  await initialiseFilesystemRepository(join(folder, 'backups'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('a manifest that another run removed between listing and reading is no failure', async () => {
  const real = await openFilesystemRepository(join(folder, 'backups'));
  const address = { server: 'main', database: 'shop' };
  const key = manifestKey(
    address,
    backupId(instant(Date.parse('2026-11-22T19:46:29Z')), Buffer.from('3f9a2c71', 'hex')),
  );
  const repository: Repository = {
    ...real,
    list: async function* (prefix) {
      yield* real.list(prefix);
      if (prefix === 'manifests/') yield { key, bytes: 1, modifiedMs: 0, stamp: '1' };
    },
  };
  const catalogue = await readCatalogue(repository, { cacheDirectory: join(folder, 'cache') });
  expect(catalogue).toMatchObject({ backups: [], invalidManifests: [], lost: [] });
});
