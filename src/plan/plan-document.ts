import type { Diagnostic } from '../base/diagnostic.ts';
import { isoTime } from '../base/instant.ts';
import { accessDiff } from './access-diff.ts';
import { actionDocument, placeDocument, presentBackups, reasonOf } from './action-document.ts';
import type { AccessDrift, DrillDue, KeepReason, ObjectiveState, Plan, RetentionDecision } from './plan.ts';
import type {
  Drift,
  Drill,
  Finding,
  KeepReason as KeepReasonDocument,
  Objective,
  PlanDocument,
  Retention,
} from './plan-document.gen.ts';
import { planId } from './plan-id.ts';

/** What made the plan. */
export interface Tool {
  readonly name: string;
  readonly version: string;
}

/** The plan as schemas/plan.v1: complete, and all that any rendering shows. */
export function planDocument(plan: Plan, tool: Tool = { name: 'holdfast', version: '' }): PlanDocument {
  const present = presentBackups(plan);
  const actions = plan.actions.map((action) => actionDocument(action, plan, present));
  const count = (kind: string): number => actions.filter((action) => action.kind === kind).length;
  const findings = plan.findings.map(findingDocument);
  return {
    formatVersion: 1,
    kind: 'holdfast.plan',
    tool: { ...tool },
    planId: planId(plan),
    createdAt: isoTime(plan.at),
    complete: plan.complete,
    spec: { path: plan.spec.file, digest: plan.spec.digest },
    observed: {
      repositories: plan.observed.repositories.map(({ id, ...repository }) => ({ ...repository, id: id ?? null })),
      unreachable: [...plan.observed.unreachable],
      notAsked: [...plan.observed.notAsked],
    },
    actions,
    blocked: plan.blocked.map(({ address, because, diagnostic }) => ({
      address,
      reason: because === undefined ? null : reasonOf(because),
      finding: findingDocument(diagnostic),
    })),
    retention: plan.retention.map(retentionDocument),
    drift: plan.drift.map(driftDocument),
    drills: plan.drillsDue.map(drillDocument),
    inGrace: plan.inGrace.map(({ dataGoesAt, ...item }) => ({
      ...item,
      dataGoesAt: dataGoesAt === undefined ? null : isoTime(dataGoesAt),
    })),
    objectives: plan.objectives.map(objectiveDocument),
    unchanged: [...plan.unchanged],
    findings,
    summary: {
      backUp: count('back-up'),
      verify: count('verify'),
      expire: count('expire'),
      backupsRemoved: actions.reduce((sum, { kind, backups }) => sum + (kind === 'expire' ? backups.length : 0), 0),
      sweep: count('sweep'),
      unchanged: plan.unchanged.length,
      blocked: plan.blocked.length,
      drillsDue: plan.drillsDue.length,
      errors: findings.filter(({ severity }) => severity === 'error').length,
      warnings: findings.filter(({ severity }) => severity === 'warning').length,
    },
  };
}

function findingDocument({ severity, code, summary, subject, help, place }: Diagnostic): Finding {
  return { severity, code, summary, subject: subject ?? null, help: help ?? null, source: placeDocument(place) };
}

function retentionDocument({ address, repository, keep, remove, frozen }: RetentionDecision): Retention {
  return {
    address,
    repository,
    keep: keep.map(({ backup, because }) => ({ backup, because: because.map(keepReasonDocument) })),
    remove: remove.map(({ backup, because }) => ({ backup, because: because.kind })),
    frozen: frozen ?? null,
  };
}

function keepReasonDocument(reason: KeepReason): KeepReasonDocument {
  if (reason.kind === 'within') return { kind: 'within', spanMs: reason.span };
  return { ...reason };
}

function driftDocument(drift: AccessDrift): Drift {
  return { address: drift.address, since: isoTime(drift.since), passwords: drift.passwords, diff: accessDiff(drift) };
}

function drillDocument({ address, backup, because }: DrillDue): Drill {
  return { address, backup, reason: reasonOf(because) };
}

function objectiveDocument({ address, rpo, rto, lastDrill }: ObjectiveState): Objective {
  return {
    address,
    rpo:
      rpo === undefined
        ? null
        : { objectiveMs: rpo.objective, ageMs: rpo.age ?? null, state: rpo.state, after: rpo.after },
    rto:
      rto === undefined
        ? null
        : {
            objectiveMs: rto.objective,
            measuredMs: rto.measured ?? null,
            at: rto.at === undefined ? null : isoTime(rto.at),
            state: rto.state,
          },
    lastDrill:
      lastDrill === undefined
        ? null
        : {
            at: isoTime(lastDrill.at),
            passed: lastDrill.passed,
            level: lastDrill.level ?? null,
            restoreMs: lastDrill.restoreMs ?? null,
          },
  };
}
