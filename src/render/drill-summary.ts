import { formatDuration } from '../base/duration.ts';
import type { DrillCheck, DrillDifference, DrillReport } from '../run/drill-report.ts';

/** What every form of the evidence says, worked out once from the report. */
export interface DrillSummary {
  /** Never `PASSED` where no check ran, whatever the report says: nothing checked is nothing proven. */
  readonly verdict: 'PASSED' | 'FAILED';
  /** One line: why. */
  readonly because: string;
  /** In the order of the ladder; groups without any check are there too, so that nobody takes silence for proof. */
  readonly groups: readonly CheckGroup[];
  readonly failedChecks: readonly DrillCheck[];
  readonly differences: Readonly<Record<DrillDifference['class'], readonly DrillDifference[]>>;
}

export interface CheckGroup {
  readonly kind: DrillCheck['kind'];
  readonly title: string;
  readonly checks: readonly DrillCheck[];
  readonly passed: number;
  readonly failed: number;
  readonly notChecked: number;
}

const titles: Readonly<Record<DrillCheck['kind'], string>> = {
  restore: 'restore',
  data: 'rows and content',
  structure: 'structure',
  access: 'access',
  sql: 'SQL checks',
  login: 'logins',
};

export function summariseDrill(report: DrillReport): DrillSummary {
  const groups = (Object.keys(titles) as DrillCheck['kind'][]).map((kind) => groupOf(kind, report.checks));
  const ran = groups.reduce((sum, group) => sum + group.passed + group.failed, 0);
  const ofClass = (wanted: DrillDifference['class']) => report.differences.filter((one) => one.class === wanted);
  return {
    verdict: report.verdict === 'passed' && ran > 0 ? 'PASSED' : 'FAILED',
    because: reason(report, ran),
    groups,
    failedChecks: report.checks.filter((check) => check.state === 'failed'),
    differences: {
      strict: ofClass('strict'),
      interval: ofClass('interval'),
      recomputed: ofClass('recomputed'),
      informational: ofClass('informational'),
    },
  };
}

/** `41s of 1h allowed: met`. */
export function describeObjective(objective: DrillReport['rto']): string {
  const { ms, objectiveMs, state } = objective;
  const allowed = objectiveMs === null ? 'no objective' : `${formatDuration(objectiveMs)} allowed`;
  if (ms === null) return `not measured, ${allowed}`;
  return objectiveMs === null
    ? `${formatDuration(ms)}, ${allowed}`
    : `${formatDuration(ms)} of ${allowed}: ${verdictWord(state)}`;
}

/** `constraint public.orders_pkey, field definition`: kind, name and field of a difference. */
export function nameDifference(difference: DrillDifference): string {
  return `${difference.kind} ${difference.name}${difference.field === null ? '' : `, field ${difference.field}`}`;
}

const isolations: Readonly<Record<DrillReport['target']['isolation'], string>> = {
  container: 'kept apart by a container',
  namespaces: 'kept apart by namespaces: own user, no network',
  trusted: 'trusted: not kept apart from this machine',
  declared: 'kept apart as its owner declares',
  none: 'no server was leased',
};

const provenances: Readonly<Record<DrillReport['target']['provenance'], string>> = {
  created: 'made for this drill',
  declared: 'declared disposable in the spec',
  none: 'not reached',
};

/** Where the restore went and what kept it apart, in one line. */
export function describeTarget(target: DrillReport['target']): string {
  return `${target.name} (${target.kind}): ${target.description}; ${provenances[target.provenance]}; ${isolations[target.isolation]}`;
}

function groupOf(kind: DrillCheck['kind'], checks: readonly DrillCheck[]): CheckGroup {
  const own = checks.filter((check) => check.kind === kind);
  const count = (state: DrillCheck['state']) => own.filter((check) => check.state === state).length;
  return {
    kind,
    title: titles[kind],
    checks: own,
    passed: count('passed'),
    failed: count('failed'),
    notChecked: count('not-checked'),
  };
}

function reason(report: DrillReport, ran: number): string {
  if (report.restoration.state === 'failed') return 'the backup could not be restored';
  if (report.restoration.state === 'not-run') return 'nothing was restored';
  if (ran === 0) return 'no check ran, so nothing is proven';
  const failed = report.checks.filter((check) => check.state === 'failed').length;
  const strict = report.differences.filter((difference) => difference.class === 'strict').length;
  const found = [
    ...(failed > 0 ? [`${failed} of ${ran} ${ran === 1 ? 'check' : 'checks'} failed`] : []),
    ...(strict > 0 ? [`${strict} strict ${strict === 1 ? 'difference' : 'differences'}`] : []),
    ...(report.rto.state === 'breached' ? ['slower than the recovery time objective'] : []),
    ...(report.dataAge.state === 'breached' ? ['data older than the recovery point objective'] : []),
  ];
  if (found.length > 0) return `restored; ${found.join(', ')}`;
  if (report.verdict === 'failed')
    return `restored, but ${report.level} was asked for and ${report.reached ?? 'nothing'} was reached`;
  return `restored; all ${ran} ${ran === 1 ? 'check' : 'checks'} passed`;
}

function verdictWord(state: DrillReport['rto']['state']): string {
  switch (state) {
    case 'met':
      return 'met';
    case 'breached':
      return 'BREACHED';
    case 'unknown':
      return 'unknown';
    case 'none':
      return 'no objective';
  }
  return state satisfies never;
}
