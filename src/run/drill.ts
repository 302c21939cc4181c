import { formatAddress } from '../base/address.ts';
import { OperationError } from '../base/operation-error.ts';
import type { ServerAccess } from '../engine/server-access.ts';
import type { Contents, Manifest } from '../manifest/manifest.ts';
import { drillRecord } from '../manifest/records.ts';
import { readContents, readManifest, writeRecord } from '../repository/catalogue.ts';
import type { TargetLease } from '../target/target.ts';
import { asOperationError } from './apply.ts';
import { reportOf, type TargetOutcome } from './drill-evidence.ts';
import { rehearse } from './drill-rehearsal.ts';
import type { DrillReport } from './drill-report.ts';
import type { DrillRequest } from './drill-request.ts';
import { phaseEvents, type PhaseEvents } from './phases.ts';
import { resolveConnection, type Tools } from './tools.ts';

const phases = [
  'lease',
  'fetch',
  'roles',
  'database',
  'data',
  'supplement',
  'analyze',
  'inventory',
  'compare',
  'checks',
  'logins',
  'teardown',
] as const;

/**
 * Restores one backup onto a clean server, compares what came back with what the backup recorded, tears the server down and
 * stores the evidence. A backup that cannot be restored is a failed report. Throws only where nothing about the backup was
 * learnt: no target could be had, or the guard refused it.
 */
export async function drill(request: DrillRequest, tools: Tools): Promise<DrillReport> {
  const { repository, address, backup } = request;
  const startedAt = tools.clock.now();
  const events = phaseEvents(`drill:${formatAddress(address)}`, formatAddress(address), phases, tools);
  tools.emit({
    kind: 'started',
    key: `drill:${formatAddress(address)}`,
    title: `drill ${formatAddress(address)} ${backup}`,
  });
  const manifest = await readManifest(repository, address, backup);
  const outcome = await readContents(repository, manifest).then(
    (contents) => onTarget({ request, manifest, contents, events, tools }),
    (error: unknown) => unreadable(request, error),
  );
  const report = reportOf({ request, manifest, outcome, startedAt, finishedAt: tools.clock.now(), events, tools });
  await writeRecord(repository, drillRecord({ report, at: tools.clock.now() }), tools.random);
  tools.emit({
    kind: 'finished',
    key: `drill:${formatAddress(address)}`,
    outcome: report.verdict === 'passed' ? 'done' : 'failed',
    ms: tools.clock.now() - startedAt,
    summary: `drill ${report.verdict}${report.reached === null ? '' : `, ${report.reached} shown`}`,
  });
  return report;
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
  const adapter = tools.target(declared, connection);
  await adapter.sweep();
  const lease = await adapter.lease({
    major: Math.floor(manifest.source.versionNumber / 10_000),
    bootstrapRole: manifest.source.bootstrapRole,
    bytesNeeded: Math.ceil(manifest.source.databaseBytes * 1.5),
    settings: manifest.source.settings,
    signal: tools.signal,
  });
  let torn: DrillReport['teardown'] | undefined;
  try {
    const access = accessOf(declared.name, lease);
    const server = await engine.proveClean(access, {
      mustBeEmpty: true,
      sources: request.sources,
      signal: tools.signal,
    });
    const rehearsal = await rehearse({ request, manifest, contents, engine, server, lease, events, tools });
    events.enter('teardown');
    torn = await tearDown(lease, rehearsal.clear);
    events.leave();
    return {
      rehearsal,
      teardown: torn,
      target: {
        name: declared.name,
        kind: declared.kind,
        description: lease.description,
        provenance: lease.provenance,
        isolation: lease.isolation,
        notASource: notASource(request, lease),
      },
    };
  } finally {
    if (torn === undefined) await lease[Symbol.asyncDispose]();
  }
}

export function accessOf(name: string, lease: TargetLease): ServerAccess {
  const { connection, maintenanceDatabase, clients } = lease;
  return { name, connection, maintenanceDatabase, ...(clients === undefined ? {} : { clients }) };
}

function notASource(request: DrillRequest, lease: TargetLease): string {
  const compared =
    request.sources.length === 0
      ? 'no source declared'
      : `system identity and advisory lock compared with ${request.sources.map((source) => source.name).join(', ')}`;
  return `${lease.provenance === 'created' ? 'made for this drill' : 'declared disposable'}, found empty, ${compared}`;
}

async function tearDown(lease: TargetLease, clear: () => Promise<void>): Promise<DrillReport['teardown']> {
  try {
    if (lease.provenance === 'declared') await clear();
    await lease[Symbol.asyncDispose]();
    return {
      state: 'done',
      detail:
        lease.provenance === 'declared'
          ? 'database, roles and tablespaces of the drill removed'
          : 'the server and its data are gone',
    };
  } catch (error) {
    await Promise.resolve(lease[Symbol.asyncDispose]()).catch(() => undefined);
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
      clear: async () => undefined,
    },
  };
}
