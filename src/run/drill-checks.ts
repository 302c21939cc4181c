import { OperationError } from '../base/operation-error.ts';
import type { CleanServer } from '../engine/clean-server.ts';
import type { DataCheck, Engine, LoginOutcome } from '../engine/engine.ts';
import { compareFacts } from '../manifest/compare-facts.ts';
import type { ComparisonRules, Difference } from '../manifest/comparison.ts';
import type { Contents, Fact } from '../manifest/manifest.ts';
import { meets } from '../plan/expectation.ts';
import type { DrillLevel, SqlCheck } from '../spec/desired.ts';
import type { DrillCheck, DrillDifference } from './drill-report.ts';

const levels: readonly DrillLevel[] = ['L3', 'L4', 'L5', 'L6'];

/** Whether a drill that asks for `asked` has to do what proves `level`. */
export const includesLevel = (asked: DrillLevel, level: DrillLevel): boolean =>
  levels.indexOf(level) <= levels.indexOf(asked);

/**
 * The highest level that was really shown: it has a passed check, and no check at it or below it failed.
 * A level without any check (no SQL check declared) is passed over, never claimed. Undefined: nothing was shown.
 */
export function levelReached(checks: readonly DrillCheck[]): DrillLevel | undefined {
  let reached: DrillLevel | undefined;
  for (const level of levels) {
    const own = checks.filter((check) => check.level === level);
    if (own.some((check) => check.state === 'failed')) break;
    if (own.some((check) => check.state === 'passed')) reached = level;
  }
  return reached;
}

/** Zero checks prove nothing, so they are a failure. */
export function verdictOf(checks: readonly DrillCheck[]): 'passed' | 'failed' {
  return checks.some((check) => check.state === 'failed') || !checks.some((check) => check.state === 'passed')
    ? 'failed'
    : 'passed';
}

export function dataChecks(results: readonly DataCheck[]): readonly DrillCheck[] {
  return results.map((result) => ({
    level: 'L4',
    kind: 'data',
    name: result.subject,
    state: result.equal ? 'passed' : 'failed',
    expected: rowsText(result.expectedRows),
    actual: rowsText(result.actualRows),
    detail: [result.method, result.detail].filter((part) => part !== undefined).join('; '),
  }));
}

const rowsText = (rows: number | null): string | null => (rows === null ? null : `${rows} rows`);

/** Compares all facts and gives one check per kind of fact, and every difference by name. */
export function factChecks(
  contents: Contents,
  actual: readonly Fact[],
  rules: ComparisonRules,
): { readonly checks: readonly DrillCheck[]; readonly differences: readonly DrillDifference[] } {
  const differences = compareFacts(contents.inventory, actual, rules);
  const strict = Map.groupBy(
    differences.filter((difference) => difference.class === 'strict'),
    (difference) => difference.kind,
  );
  const expected = Map.groupBy(contents.inventory, (fact) => fact.kind);
  const kinds = [...new Set([...expected.keys(), ...strict.keys()])].sort();
  return {
    differences: differences.map(differenceDocument),
    checks: kinds.map((kind) => {
      const count = expected.get(kind)?.length ?? 0;
      const wrong = strict.get(kind) ?? [];
      const access = rules.accessKinds.has(kind);
      return {
        level: access ? 'L5' : 'L4',
        kind: access ? 'access' : 'structure',
        name: kind,
        state: wrong.length === 0 ? 'passed' : 'failed',
        expected: `${count} equal`,
        actual: wrong.length === 0 ? `${count} equal` : `${wrong.length} differences`,
        detail:
          wrong.length === 0
            ? null
            : wrong
                .slice(0, 5)
                .map((difference) => difference.name)
                .join(', '),
      };
    }),
  };
}

function differenceDocument(difference: Difference): DrillDifference {
  return {
    class: difference.class,
    kind: difference.kind,
    name: difference.name,
    field: difference.field ?? null,
    expected: difference.expected === undefined ? null : JSON.stringify(difference.expected),
    actual: difference.actual === undefined ? null : JSON.stringify(difference.actual),
    because: difference.because ?? null,
  };
}

/** Runs one declared SQL check. An error of the statement is a failed check, not the end of the drill. */
export async function sqlCheck(
  check: SqlCheck,
  at: { readonly engine: Engine; readonly server: CleanServer; readonly database: string },
): Promise<DrillCheck> {
  const { operator, value } = check.expect;
  const base = { level: 'L6', kind: 'sql', name: check.name, expected: `${operator} ${value}` } as const;
  try {
    const actual = await at.engine.queryValue(at.server, at.database, check.sql);
    return { ...base, state: meets(actual, check.expect) ? 'passed' : 'failed', actual, detail: null };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { ...base, state: 'failed', actual: null, detail: error.message };
  }
}

/** A login is proven only where the server asks for passwords and refuses a wrong one. */
export function loginCheck(outcome: LoginOutcome): DrillCheck {
  const proven = outcome.passwordsChecked && outcome.accepted && outcome.wrongPasswordRefused;
  return {
    level: 'L5',
    kind: 'login',
    name: outcome.role,
    state: proven ? 'passed' : 'failed',
    expected: 'right password accepted, wrong one refused',
    actual: !outcome.passwordsChecked
      ? 'the server does not check passwords'
      : `right password ${outcome.accepted ? 'accepted' : 'refused'}, wrong one ${outcome.wrongPasswordRefused ? 'refused' : 'accepted'}`,
    detail: outcome.detail ?? null,
  };
}
