import type { DiagnosticCode } from '../base/codes.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { Plan } from '../plan/plan.ts';
import type { DrillNotRun, DrillNotStored, DrillReport } from '../run/drill-report.ts';
import type { Outcome } from '../run/events.ts';
import type { RestoreOutcome } from '../run/outcome.ts';
import type { NotRead } from '../render/not-read-lines.ts';
import type { Verification } from '../render/verify-text.ts';

/** Every code a command ends with, as `--help` and docs/exit-codes.md list them. Any unknown non-zero one is a failure. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  changes: 2,
  invalid: 20,
  stale: 21,
  unapproved: 22,
  locked: 23,
  partial: 24,
  violated: 25,
  unproven: 26,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const;

export const exitCodeMeanings: Readonly<Record<number, string>> = {
  0: 'ok, or nothing to do',
  1: 'failed',
  2: 'changes present (only with --detailed-exitcode)',
  20: 'spec or usage invalid',
  21: 'saved plan stale',
  22: 'approval missing or declined',
  23: 'lock held by another run',
  24: 'partial: something failed or could not be observed',
  25: 'objective or protection violated',
  26: 'verification or drill failed',
  70: 'a bug in Holdfast: please report it',
  130: 'stopped by SIGINT',
  143: 'stopped by SIGTERM',
};

const byPrefix: readonly (readonly [string, number])[] = [
  ['spec/', exitCodes.invalid],
  ['usage/', exitCodes.invalid],
  ['secret/', exitCodes.invalid],
  ['approval/', exitCodes.unapproved],
  ['plan/stale', exitCodes.stale],
  ['repository/lease-held', exitCodes.locked],
  ['target/in-use', exitCodes.locked],
  ['target/is-source', exitCodes.violated],
  ['target/not-empty', exitCodes.violated],
  ['target/not-disposable', exitCodes.violated],
  ['objective/', exitCodes.violated],
  ['backup/damaged', exitCodes.unproven],
  ['backup/lost', exitCodes.unproven],
  ['proof/', exitCodes.unproven],
  ['internal/', exitCodes.bug],
];

/** The exit code of one failure that ended the whole command. */
export function exitCodeOf(code: DiagnosticCode): number {
  return byPrefix.find(([prefix]) => code.startsWith(prefix))?.[1] ?? exitCodes.failed;
}

export const exitCodeOfDiagnostics = (diagnostics: readonly Diagnostic[]): number =>
  diagnostics.some((diagnostic) => diagnostic.severity === 'error')
    ? worst(diagnostics.filter((d) => d.severity === 'error').map((d) => exitCodeOf(d.code)))
    : exitCodes.ok;

/** Highest first. Between independent failures the one that matters most to whoever is woken up wins. */
const precedence: readonly number[] = [70, 143, 130, 26, 23, 24, 25, 1];

export function worst(codes: readonly number[]): number {
  return precedence.find((code) => codes.includes(code)) ?? codes.find((code) => code !== 0) ?? 0;
}

/**
 * Whether the world kept a plan from being carried out in full: something did not answer, or a wanted backup is impossible
 * now. What was not asked on purpose (`--refresh=false`) is no gap, nor is what concerns none of the databases asked for.
 */
export function hasGaps({ observed, blocked, complete }: Pick<Plan, 'observed' | 'blocked' | 'complete'>): boolean {
  const silent = observed.unreachable.length > 0 || observed.repositories.some(({ state }) => state !== 'ready');
  return blocked.length > 0 || (!complete && silent);
}

/** A plan with gaps is neither "nothing to do" nor "changes": what could not be seen may be anything. */
export function exitCodeOfPlan(plan: Plan, detailed: boolean): number {
  if (hasGaps(plan)) return exitCodes.partial;
  return detailed && plan.actions.length > 0 ? exitCodes.changes : exitCodes.ok;
}

/**
 * Everything failed: 1 (or the failures' own code where they agree); some of it: 24; a failed verification or drill outranks
 * both.
 */
export function exitCodeOfApply(outcomes: readonly Outcome[], complete: boolean): number {
  const failures = outcomes.filter((outcome) => outcome.state === 'failed');
  const failed = failures.map((outcome) => exitCodeOf(outcome.error.code));
  const done = outcomes.some((outcome) => outcome.state === 'done');
  if (failed.includes(exitCodes.bug) || failed.includes(exitCodes.unproven)) return worst(failed);
  if (failures.length > 0)
    return done || !complete
      ? exitCodes.partial
      : new Set(failed).size === 1
        ? (failed[0] ?? exitCodes.failed)
        : exitCodes.failed;
  return complete ? exitCodes.ok : exitCodes.partial;
}

/**
 * A backup that is gone without having expired is no less a failure than one that is damaged. A result that could not be
 * stored is only half of what was asked for, and so is one that could not be had for some, or for what a dead repository holds.
 */
export function exitCodeOfVerify({ verified, notVerified, lost, notRead }: Verification): number {
  if (lost.length > 0 || verified.some((report) => !report.passed)) return exitCodes.unproven;
  const unread = [...notVerified, ...notRead];
  if (verified.length === 0 && unread.length > 0) return worst(unread.map(({ error }) => exitCodeOf(error.code)));
  return unread.length > 0 || verified.some((report) => report.notRecorded !== undefined)
    ? exitCodes.partial
    : exitCodes.ok;
}

/**
 * A drill that did not run ends as its reason does, beside others as a gap; a failed one outranks it. Evidence that could not
 * be stored is a gap.
 */
export function exitCodeOfDrills(
  reports: readonly DrillReport[],
  notRun: readonly DrillNotRun[] = [],
  notStored: readonly DrillNotStored[] = [],
): number {
  const refused = notRun.map(({ error }) => exitCodeOf(error.code));
  const drilled = reports.some((report) => report.verdict === 'failed')
    ? exitCodes.unproven
    : reports.some((report) => report.rto.state === 'breached')
      ? exitCodes.violated
      : notStored.length > 0
        ? exitCodes.partial
        : exitCodes.ok;
  if (refused.length === 0) return drilled;
  return worst([
    ...refused.filter((code) => reports.length === 0 || code !== exitCodes.failed),
    ...(reports.length === 0 ? [] : [exitCodes.partial, drilled]),
  ]);
}

/** A restore from what could be read, where the wanted backup may lie in what could not, is a gap. */
export function exitCodeOfRestores(outcomes: readonly RestoreOutcome[], notRead: readonly NotRead[] = []): number {
  const failed = outcomes
    .filter((outcome) => outcome.state === 'failed')
    .map((outcome) => exitCodeOf(outcome.error.code));
  if (failed.length === 0) return notRead.length > 0 ? exitCodes.partial : exitCodes.ok;
  return failed.length < outcomes.length
    ? worst([exitCodes.partial, ...failed.filter((code) => code !== exitCodes.failed)])
    : worst(failed);
}
