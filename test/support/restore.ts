import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mintOpenServer, type CleanServer } from '../../src/engine/clean-server.ts';
import type { ArtefactSource, RestoreReport, RestoreRequest } from '../../src/engine/engine.ts';
import { compareData } from '../../src/engine/postgresql/compare-data.ts';
import { comparisonRules } from '../../src/engine/postgresql/comparison-rules.ts';
import { restore } from '../../src/engine/postgresql/restore.ts';
import { restoredInventory } from '../../src/engine/postgresql/restored-inventory.ts';
import { compareFacts } from '../../src/manifest/compare-facts.ts';
import type { Difference } from '../../src/manifest/comparison.ts';
import { parseBackupId } from '../../src/manifest/keys.ts';
import type { Contents, Manifest } from '../../src/manifest/manifest.ts';
import { holdsAll, type KeptCapture } from './capture.ts';
import type { TestServer } from './postgresql.ts';

/** A capture as the run would hand it to a restore. */
export function restoreRequest(
  capture: KeptCapture,
  database: string,
  wish: Partial<RestoreRequest> = {},
): RestoreRequest {
  return {
    manifest: manifestOf(capture, database),
    contents: contentsOf(capture),
    jobs: 2,
    overwriteRoles: false,
    overwriteDatabase: false,
    signal: new AbortController().signal,
    ...wish,
  };
}

/** Restores onto a server; the artefacts are those of the capture's directory. */
export function restoreOnto(
  server: TestServer,
  capture: KeptCapture,
  request: RestoreRequest,
  { onto, ...artefacts }: Partial<ArtefactSource> & { readonly onto?: CleanServer } = {},
): Promise<RestoreReport> {
  const source: ArtefactSource = {
    text: (kind) => readFile(join(capture.directory, `${kind}.sql`), 'utf8'),
    dumpDirectory: () => Promise.resolve(join(capture.directory, 'dump')),
    ...artefacts,
  };
  return restore(onto ?? mintOpenServer(server.access('target')), request, source, { step: () => undefined });
}

export async function differencesOf(
  server: TestServer,
  database: string,
  { contents }: RestoreRequest,
): Promise<readonly Difference[]> {
  const actual = await restoredInventory(mintOpenServer(server.access('target')), database, contents);
  return compareFacts(contents.inventory, actual, comparisonRules);
}

export const dataOf = (
  server: TestServer,
  database: string,
  { contents, signal }: RestoreRequest,
  capture: KeptCapture,
): ReturnType<typeof compareData> =>
  compareData(mintOpenServer(server.access('target')), database, contents, {
    jobs: 2,
    dumpDirectory: join(capture.directory, 'dump'),
    signal,
  });

/** `class kind name field`, to compare with a list. */
export const described = (differences: readonly Difference[]): readonly string[] =>
  differences.map(({ class: weight, kind, name, field }) =>
    [weight, kind, name, field].filter((part) => part !== undefined).join(' '),
  );

export function contentsOf({ captured }: KeptCapture): Contents {
  return {
    formatVersion: 1,
    kind: 'holdfast.contents',
    id: backup,
    entries: captured.entries.map((entry) => ({
      ...entry,
      parts: [
        { object: entry.file, offset: 0, length: entry.plainBytes, storedSha256: '', codec: codecOf(entry.file) },
      ],
    })),
    // As it comes back from the repository.
    inventory: JSON.parse(JSON.stringify(captured.inventory)) as Contents['inventory'],
    accessText: captured.accessText,
    roles: captured.roles,
  };
}

const codecOf = (file: string): 'gzip' | 'zstd' | 'none' =>
  file.endsWith('.gz') ? 'gzip' : file.endsWith('.zst') ? 'zstd' : 'none';

const backup = parseBackupId('20261122T200000Z-00000000') ?? '';

function manifestOf({ captured }: KeptCapture, database: string): Manifest {
  return {
    formatVersion: 1,
    kind: 'holdfast.manifest',
    id: backup,
    address: { server: 'server', database },
    sequence: 1,
    previous: null,
    tool: { name: 'holdfast', version: '0.0.0' },
    engine: captured.engine,
    method: 'logical',
    source: captured.source,
    clients: captured.clients,
    snapshot: captured.snapshot,
    startedAt: captured.snapshot.time,
    finishedAt: captured.snapshot.time,
    holds: holdsAll,
    access: captured.access,
    degradations: captured.degradations,
    proof: { level: 'L2', at: captured.snapshot.time },
    totals: { tables: 0, rows: 0, largeObjects: 0, plainBytes: 0, storedBytes: 0, objects: 0 },
    contents: { object: 'contents', offset: 0, length: 0, storedSha256: '', codec: 'none' },
    steps: captured.steps,
    timings: captured.timings,
  };
}
