import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { duration } from '../../src/base/duration.ts';
import type { EngineName } from '../../src/base/engine-name.ts';
import { compose } from '../../src/cli/compose.ts';
import type { Context } from '../../src/cli/context.ts';
import type { CleanServer, OpenServer } from '../../src/engine/clean-server.ts';
import type { ArtefactSource, Engine, RestoreRequest } from '../../src/engine/engine.ts';
import type { ServerAccess } from '../../src/engine/server-access.ts';
import { parseBackupId } from '../../src/manifest/keys.ts';
import { drill } from '../../src/run/drill.ts';
import type { DrillRequest } from '../../src/run/drill-request.ts';
import type { DrillReport } from '../../src/run/drill-report.ts';
import type { Tools } from '../../src/run/tools.ts';
import type { DrillPolicy, DesiredTarget } from '../../src/spec/desired.ts';
import type { Workspace } from './workspace.ts';

/** The server that the backup was taken from: a test's own, of either kind. */
export interface DrillSource {
  /** PostgreSQL where absent. */
  readonly engine?: EngineName;
  /** Folder with the programs of its version. */
  readonly binaries: string;
  access(name?: string): ServerAccess;
}

/** What a test changes about an ordinary drill. */
export interface DrillWish {
  /** Instead of the engine's own restore. */
  readonly restore?: (restore: Engine['restore']) => Engine['restore'];
  readonly engine?: (engine: Engine) => Engine;
  readonly policy?: Partial<DrillPolicy>;
  readonly target?: DesiredTarget;
  readonly env?: Readonly<Record<string, string>>;
}

const policy: DrillPolicy = { level: 'L6', checks: [], logins: [] };
const place = { file: 'backup.yaml', line: 1, column: 1, endColumn: 1 };

/**
 * Drills the one backup of a workspace inside this process, with the real engine, target and repository, so that one of
 * them can be replaced by a test.
 */
export async function drillInProcess(
  workspace: Workspace,
  source: DrillSource,
  database: string,
  wish: DrillWish = {},
): Promise<DrillReport> {
  const engine = source.engine ?? 'postgresql';
  const tools = toolsOf(workspace, engine, wish);
  const repository = await tools.openRepository(workspace.repository);
  const request: DrillRequest = {
    repository,
    address: { server: 'main', database },
    backup: await onlyBackup(workspace),
    policy: { ...policy, ...wish.policy },
    objectives: { rto: duration(60_000) },
    jobs: 2,
    target: wish.target ?? { kind: 'local', name: 'clean', engine, binaries: source.binaries, place },
    sources: [source.access('main')],
    sourcesWithoutAccess: [],
    clients: source.binaries,
    notes: [],
    spec: null,
  };
  return (await drill(request, tools)).report;
}

function toolsOf(workspace: Workspace, engine: EngineName, wish: DrillWish): Tools {
  const context: Context = {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: { ...wish.env, XDG_CACHE_HOME: join(workspace.path, 'cache') },
    cwd: workspace.path,
    signal: new AbortController().signal,
    command: 'backup drill',
  };
  const tools = compose(context, () => undefined);
  const real = tools.engine(engine);
  const changed = wish.restore === undefined ? real : { ...real, restore: wish.restore(real.restore.bind(real)) };
  return { ...tools, engine: () => wish.engine?.(changed) ?? changed };
}

async function onlyBackup(workspace: Workspace): Promise<NonNullable<ReturnType<typeof parseBackupId>>> {
  // A second tells no two of them apart.
  const [file = '', ...more] = await readdir(join(workspace.repository, 'contents'));
  const id = parseBackupId(file.replace('.json.zst', ''));
  if (id === undefined || more.length > 0) throw new Error('the repository has not the one backup to drill');
  return id;
}

/** What a replaced restore works with. */
export interface RestoreCall {
  readonly target: CleanServer | OpenServer;
  readonly request: RestoreRequest;
  readonly source: ArtefactSource;
}

/** `class kind name field`, sorted as in the report. */
export const differencesOf = (report: DrillReport): readonly string[] =>
  report.differences.map(({ class: weight, kind, name, field }) =>
    [weight, kind, name, field].filter((part) => part !== null).join(' '),
  );

export const strictOf = (report: DrillReport): readonly string[] =>
  differencesOf(report)
    .filter((line) => line.startsWith('strict '))
    .map((line) => line.slice('strict '.length));

/** `kind name` of every check that did not pass. */
export const failedChecks = (report: DrillReport): readonly string[] =>
  report.checks.filter(({ state }) => state !== 'passed').map(({ kind, name }) => `${kind} ${name}`);
