import { createHash } from 'node:crypto';
import type { Duration } from '../base/duration.ts';
import { isoTime, parseInstant, type Instant } from '../base/instant.ts';
import { encodeManifest } from '../manifest/encode.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { levelReached, verdictOf } from './drill-checks.ts';
import type { Rehearsal } from './drill-rehearsal.ts';
import type { DrillReport } from './drill-report.ts';
import type { DrillRequest } from './drill-request.ts';
import type { PhaseEvents } from './phases.ts';
import type { Tools } from './tools.ts';

/** What happened on the target, and to it. */
export interface TargetOutcome {
  readonly target: DrillReport['target'];
  readonly rehearsal: Rehearsal;
  readonly teardown: DrillReport['teardown'];
}

export interface ReportParts {
  readonly request: DrillRequest;
  readonly manifest: Manifest;
  readonly outcome: TargetOutcome;
  readonly startedAt: Instant;
  readonly finishedAt: Instant;
  readonly events: PhaseEvents;
  readonly tools: Tools;
}

/** Puts everything that a drill showed into its evidence. */
export function reportOf({
  request,
  manifest,
  outcome,
  startedAt,
  finishedAt,
  events,
  tools,
}: ReportParts): DrillReport {
  const { rehearsal, target, teardown } = outcome;
  const restored = rehearsal.restoration.state === 'succeeded';
  const verdict = restored && teardown.state !== 'failed' ? verdictOf(rehearsal.checks) : 'failed';
  const snapshotAt = parseInstant(manifest.snapshot.time);
  return {
    formatVersion: 1,
    kind: 'holdfast.drill',
    tool: tools.tool,
    startedAt: isoTime(startedAt),
    finishedAt: isoTime(finishedAt),
    trigger: { user: tools.trigger.user, host: tools.trigger.host, run: tools.trigger.run },
    address: manifest.address,
    backup: {
      id: manifest.id,
      snapshotAt: manifest.snapshot.time,
      manifestSha256: createHash('sha256').update(encodeManifest(manifest)).digest('hex'),
      contentsSha256: manifest.contents.storedSha256,
      engine: manifest.engine,
      sourceVersion: manifest.source.version,
      plainBytes: manifest.totals.plainBytes,
      tables: manifest.totals.tables,
      rows: manifest.totals.rows,
    },
    spec: request.spec === null ? null : { ...request.spec },
    target,
    level: request.policy.level,
    reached: restored ? (levelReached(rehearsal.checks) ?? null) : null,
    verdict,
    restoration: rehearsal.restoration,
    phases: events.timings.map(({ phase, ms }) => ({ phase: phase as DrillReport['phases'][number]['phase'], ms })),
    rto: objective(rehearsal.restoreMs, request.objectives.rto),
    dataAge: objective(snapshotAt === undefined ? undefined : startedAt - snapshotAt, request.objectives.rpo),
    checks: [...rehearsal.checks],
    differences: [...rehearsal.differences],
    notes: [...request.notes, ...rehearsal.notes],
    degradations: manifest.degradations.map((degradation) => ({ ...degradation })),
    teardown,
  };
}

function objective(ms: number | undefined, objectiveMs: Duration | undefined): DrillReport['rto'] {
  const state =
    objectiveMs === undefined ? 'none' : ms === undefined ? 'unknown' : ms <= objectiveMs ? 'met' : 'breached';
  return { ms: ms === undefined ? null : Math.round(ms), objectiveMs: objectiveMs ?? null, state };
}
