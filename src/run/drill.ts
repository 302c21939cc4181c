import { formatAddress } from '../base/address.ts';
import { OperationError } from '../base/operation-error.ts';
import type { CleanServer } from '../engine/clean-server.ts';
import type { Contents, Manifest } from '../manifest/manifest.ts';
import { drillRecord } from '../manifest/records.ts';
import { readContents, readManifest, writeRecord } from '../repository/catalogue.ts';
import type { DrillPolicy } from '../spec/desired.ts';
import type { TargetLease } from '../target/target.ts';
import { asOperationError } from './apply.ts';
import { reportOf, type TargetOutcome } from './drill-evidence.ts';
import { includesLevel } from './drill-checks.ts';
import { guard } from './drill-guard.ts';
import { rehearse, restoreRequestOf, type Login } from './drill-rehearsal.ts';
import type { DrillNotStored, DrillReport } from './drill-report.ts';
import type { DrillRequest } from './drill-request.ts';
import { phaseEvents, type PhaseEvents } from './phases.ts';
import { resolveConnection, type Tools } from './tools.ts';
import { notStored } from './verify.ts';

const afterRestore = ['inventory', 'compare', 'checks', 'logins', 'teardown'] as const;

export interface Drilled {
  readonly report: DrillReport;
  readonly notStored?: DrillNotStored;
}

/**
 * Restores one backup onto a clean server, compares what came back with what the backup recorded, tears the server down and
 * stores the evidence; where it cannot be stored, the result says so. A backup that cannot be restored is a failed report.
 * Throws only where nothing about the backup was learnt: no target could be had, or the guard refused it.
 */
export async function drill(request: DrillRequest, tools: Tools): Promise<Drilled> {
  const { repository, address, backup } = request;
  const startedAt = tools.clock.now();
  tools.emit({
    kind: 'started',
    key: `drill:${formatAddress(address)}`,
    title: `drill ${formatAddress(address)} ${backup}`,
  });
  const manifest = await readManifest(repository, address, backup);
  const phases = ['lease', 'fetch', ...manifest.steps.map(({ phase }) => phase), ...afterRestore];
  const events = phaseEvents(`drill:${formatAddress(address)}`, formatAddress(address), phases, tools);
  const outcome = await readContents(repository, manifest).then(
    (contents) => onTarget({ request, manifest, contents, events, tools }),
    (error: unknown) => unreadable(request, error),
  );
  const report = reportOf({ request, manifest, outcome, startedAt, finishedAt: tools.clock.now(), events, tools });
  const record = drillRecord({ report, at: tools.clock.now() });
  const error = await notStored(() => writeRecord(repository, record, tools.random));
  tools.emit({
    kind: 'finished',
    key: `drill:${formatAddress(address)}`,
    outcome: report.verdict === 'passed' ? 'done' : 'failed',
    ms: tools.clock.now() - startedAt,
    summary: `drill ${report.verdict}${report.reached === null ? '' : `, ${report.reached} shown`}`,
  });
  if (error === undefined) return { report };
  const note = `this evidence could not be stored in the repository: ${error.message}`;
  return { report: { ...report, notes: [...report.notes, note] }, notStored: { address, error } };
}

interface OnTarget {
  readonly request: DrillRequest;
  readonly manifest: Manifest;
  readonly contents: Contents;
  readonly events: PhaseEvents;
  readonly tools: Tools;
}

async function onTarget({ request, manifest, contents, events, tools }: OnTarget): Promise<TargetOutcome> {
  events.enter('lease');
  const engine = tools.engine(manifest.engine);
  const declared = request.target;
  const connection =
    declared.kind === 'server' ? await resolveConnection(declared.connection, tools.secrets) : undefined;
  // Before anything is made: a missing secret is a mistake of the caller and says nothing about the backup.
  const logins = await readLogins(request.policy, tools);
  const adapter = tools.target(declared, connection);
  await adapter.sweep();
  await using lease = await adapter.lease({
    series: engine.series(manifest.source),
    bootstrapRole: manifest.source.bootstrapRole,
    bytesNeeded: Math.ceil(manifest.source.databaseBytes * 1.5),
    settings: manifest.source.settings,
    signal: tools.signal,
  });
  const { server: proven, notASource } = await guard({ request, manifest, engine, lease, tools });
  await using server = proven;
  const rehearsalRequest = { request, manifest, contents, engine, server, lease, logins, events, tools };
  const clear = (): Promise<void> => engine.clear(server, restoreRequestOf(rehearsalRequest));
  const rehearsal = await rehearse(rehearsalRequest).catch(async (error: unknown) => {
    // Stopped by a signal, or by a defect of ours: a declared server is left as it was found also then.
    await tearDown(lease, server, clear);
    throw error;
  });
  events.enter('teardown');
  const teardown = await tearDown(lease, server, clear);
  events.leave();
  const { description, provenance, isolation } = lease;
  const { name, kind } = declared;
  return { rehearsal, teardown, target: { name, kind, description, provenance, isolation, notASource } };
}

async function readLogins(policy: DrillPolicy, tools: Tools): Promise<readonly Login[]> {
  if (!includesLevel(policy.level, 'L5')) return [];
  return Promise.all(
    policy.logins.map(async ({ role, password }) => ({ role, password: await tools.secrets.read(password) })),
  );
}

async function tearDown(
  lease: TargetLease,
  server: CleanServer,
  clear: () => Promise<void>,
): Promise<DrillReport['teardown']> {
  try {
    if (lease.provenance === 'declared') await clear();
    await server[Symbol.asyncDispose]();
    await lease[Symbol.asyncDispose]();
    return {
      state: 'done',
      detail:
        lease.provenance === 'declared'
          ? 'database, roles and tablespaces of the drill removed'
          : 'the server and its data are gone',
    };
  } catch (error) {
    return { state: 'failed', detail: asOperationError(error).message };
  }
}

/** The backup itself could not be read: the drill failed before it needed a server. */
function unreadable(request: DrillRequest, error: unknown): TargetOutcome {
  if (!(error instanceof OperationError)) throw error;
  const none = {
    name: request.target.name,
    kind: request.target.kind,
    description: 'not used',
    provenance: 'none',
    isolation: 'none',
    notASource: 'not used',
  } as const;
  return {
    target: none,
    teardown: { state: 'not-needed', detail: 'no server was made' },
    rehearsal: {
      restoration: { state: 'not-run', error: { code: error.code, message: error.message } },
      checks: [],
      differences: [],
      notes: [],
      restoreMs: undefined,
    },
  };
}
