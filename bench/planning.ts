import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compose } from '../src/cli/compose.ts';
import { instant, isoTime } from '../src/base/instant.ts';
import { encodeManifest } from '../src/manifest/encode.ts';
import { backupId, contentsKey, manifestKey } from '../src/manifest/keys.ts';
import type { Manifest } from '../src/manifest/manifest.ts';
import { planBackup } from '../src/plan/plan-backup.ts';
import { observe } from '../src/run/observe.ts';
import { parseSpec } from '../src/spec/parse-spec.ts';
import { startPostgresql } from '../test/support/postgresql.ts';
import { entry, holdfast, inTurns, median, medianRatio, peakBytes, type Run, timed } from './measure.ts';
import { type Report, section } from './table.ts';

export interface PlanningScope {
  readonly databases: number;
  readonly backupsEach: number;
  readonly rounds: number;
  readonly folder: string;
}

/** How long it takes to answer, on an empty and on a large repository. */
export async function planning(scope: PlanningScope): Promise<Report> {
  const folder = join(scope.folder, 'planning');
  await mkdir(folder);
  process.stderr.write(`planning: ${scope.databases} databases with ${scope.backupsEach} backups each\n`);
  await fill(scope, folder);
  const cold = await inTurns(scope.rounds, {
    cold: async () => {
      await rm(join(folder, 'cache'), { recursive: true, force: true });
      return holdfast(folder, 'plan', '--refresh=false');
    },
    again: () => holdfast(folder, 'plan', '--refresh=false'),
  });
  const planner = await plannerAlone(folder, scope.rounds);
  const empty = join(folder, 'empty.mjs');
  await writeFile(empty, '');
  const starts = await inTurns(scope.rounds * 3, {
    node: () => timed({ program: process.execPath, args: [empty] }),
    version: () => timed({ program: process.execPath, args: [entry, '--version'] }),
  });
  await rm(folder, { recursive: true, force: true });
  const count = (scope.databases * scope.backupsEach).toLocaleString('en');
  const text = section(
    'Planning and starting',
    `A repository with ${scope.databases.toLocaleString('en')} databases and ${count} backups, every manifest a real one in a file of its own.`,
    [
      { what: '`backup plan --refresh=false`, nothing cached', runs: cold.cold },
      { what: '`backup plan --refresh=false`, again', runs: cold.again },
      { what: 'the planner alone, in memory', runs: planner },
      {
        what: '`backup --version`',
        runs: starts.version,
        against: { what: 'node with an empty file', runs: starts.node },
      },
    ],
  );
  const seconds = (runs: readonly Run[]): number => median(runs.map(({ ms }) => ms)) / 1_000;
  return {
    section: text,
    figures: [
      { of: '--version / node', value: medianRatio(starts.version, starts.node) },
      { of: 'warm plan', value: seconds(cold.again) },
      { of: 'peak of warm plan', value: peakBytes(cold.again) },
      { of: 'planner', value: seconds(planner) },
    ],
  };
}

/** Copies of one manifest that Holdfast wrote, each with an identity, a time and a digest of its own. */
async function fill(scope: PlanningScope, folder: string): Promise<void> {
  const template = await realManifest(folder);
  const now = Date.now() - 30 * 60_000;
  const hour = 3_600_000;
  for (let number = 0; number < scope.databases; number += 1) {
    const address = { server: 'main', database: `tenant_${String(number).padStart(4, '0')}` };
    let previous: string | null = null;
    for (let age = scope.backupsEach - 1; age >= 0; age -= 1) {
      const at = instant(now - age * 24 * hour - number * 1_000);
      const random = Buffer.alloc(4);
      random.writeUInt32BE(number * 1_000 + age);
      const id = backupId(at, random);
      const manifest: Manifest = {
        ...template,
        id,
        address,
        previous,
        sequence: scope.backupsEach - age,
        snapshot: { ...template.snapshot, time: isoTime(at) },
        startedAt: isoTime(at),
        finishedAt: isoTime(instant(at + 60_000)),
        contents: { ...template.contents, object: contentsKey(id) },
      };
      const path = join(folder, 'backups', manifestKey(address, id));
      if (previous === null) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(path, encodeManifest(manifest), { mode: 0o400 });
      // A plan looks whether they are there, and not into them.
      await mkdir(join(folder, 'backups/data', id), { recursive: true });
      await mkdir(join(folder, 'backups/contents'), { recursive: true });
      await writeFile(join(folder, 'backups', contentsKey(id)), '');
      previous = id;
    }
  }
}

async function realManifest(folder: string): Promise<Manifest> {
  await using source = await startPostgresql();
  await source.sql('postgres', 'CREATE DATABASE tenant_0000');
  await source.sql(
    'tenant_0000',
    'CREATE TABLE orders (id int PRIMARY KEY, total numeric); INSERT INTO orders VALUES (1, 9.99)',
  );
  const spec = `version: 1
repositories:
  primary: { type: filesystem, path: ./backups }
servers:
  main: { engine: postgresql, host: ${JSON.stringify(source.socket)}, user: ${source.user}, clients: ${JSON.stringify(source.binaries)} }
databases:
  tenants: { server: main, match: "tenant_*", retention: { last: 3, daily: 40, weekly: 8 } }
`;
  await writeFile(join(folder, 'backup.yaml'), spec);
  await holdfast(folder, 'repository', 'init');
  await holdfast(folder, 'apply', '--auto-approve', '--progress', 'none');
  const place = join(folder, 'backups/manifests/main/tenant_0000');
  const [name = ''] = await readdir(place);
  const { digest: _, ...manifest } = JSON.parse(await readFile(join(place, name), 'utf8')) as Manifest & {
    digest: string;
  };
  // Only its shape is wanted, not the backup.
  for (const part of ['manifests', 'contents', 'data', 'leases'])
    await rm(join(folder, 'backups', part), { recursive: true, force: true });
  return manifest;
}

async function plannerAlone(folder: string, rounds: number): Promise<readonly Run[]> {
  const file = join(folder, 'backup.yaml');
  const spec = parseSpec(await readFile(file, 'utf8'), file);
  if (!spec.ok) throw new Error('the spec of the benchmark is not valid');
  const { stdin, stdout, stderr } = process;
  const env = { XDG_CACHE_HOME: join(folder, 'cache') };
  const context = { stdin, stdout, stderr, env, cwd: folder, signal: new AbortController().signal, command: 'bench' };
  const tools = compose(context, () => undefined);
  const { observed } = await observe({ desired: spec.value, refresh: false }, tools);
  return Array.from({ length: rounds + 1 }, () => {
    const started = performance.now();
    planBackup(spec.value, observed);
    return { ms: performance.now() - started, peakBytes: 0, processorMs: 0, stdout: '' };
  }).slice(1);
}
