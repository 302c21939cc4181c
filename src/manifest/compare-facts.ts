import { canonicalJson, type Json } from '../base/json.ts';
import type { ComparisonRules, Difference } from './comparison.ts';
import type { Fact } from './manifest.ts';

/**
 * Compares two inventories, fact by fact and field by field, and weighs each difference by the engine's rules. Facts are
 * the same when `kind` and `name` are. The result is sorted by kind, name and field; empty means equal. Of two lists only
 * the items that are on one side alone are shown, unless the order is all that differs. Values of secret fields are never
 * in the result: `[secret]` stands for one that is there.
 */
export function compareFacts(
  expected: readonly Fact[],
  actual: readonly Fact[],
  rules: ComparisonRules,
): readonly Difference[] {
  const before = index(expected);
  const after = index(actual);
  const differences: Difference[] = [];
  for (const key of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const pair = { expected: before.get(key), actual: after.get(key) };
    const { kind, name } = (pair.expected ?? pair.actual) as Fact;
    for (const field of differingFields(pair)) {
      const weight = rules.classify({ kind, name, field, ...pair });
      differences.push({
        class: weight?.class ?? 'strict',
        kind,
        name,
        field,
        ...shownValues(pair, field, rules),
        because: weight?.because,
      });
    }
  }
  return differences;
}

interface Pair {
  readonly expected: Fact | undefined;
  readonly actual: Fact | undefined;
}

/** `undefined` as the only field: the whole fact is missing or extra. */
function differingFields({ expected, actual }: Pair): readonly (string | undefined)[] {
  if (expected === undefined || actual === undefined) return [undefined];
  const fields = new Set([...Object.keys(expected.value), ...Object.keys(actual.value)]);
  return [...fields].sort().filter((field) => !equal(valueOf(expected, field), valueOf(actual, field)));
}

function shownValues(
  { expected, actual }: Pair,
  field: string | undefined,
  rules: ComparisonRules,
): Pick<Difference, 'expected' | 'actual'> {
  if (field === undefined) return { expected: wholeValue(expected, rules), actual: wholeValue(actual, rules) };
  const kind = (expected ?? actual)?.kind ?? '';
  const bare = (value: Json | undefined): Json | undefined =>
    value === undefined ? undefined : (rules.withoutSecrets?.(kind, field, value) ?? value);
  const values = { expected: bare(valueOf(expected, field)), actual: bare(valueOf(actual, field)) };
  if (rules.isSecret(kind, field)) return { expected: masked(values.expected), actual: masked(values.actual) };
  if (!Array.isArray(values.expected) || !Array.isArray(values.actual)) return values;
  const onlyExpected = without(values.expected as readonly Json[], values.actual as readonly Json[]);
  const onlyActual = without(values.actual as readonly Json[], values.expected as readonly Json[]);
  return onlyExpected.length + onlyActual.length === 0 ? values : { expected: onlyExpected, actual: onlyActual };
}

function wholeValue(fact: Fact | undefined, rules: ComparisonRules): Json | undefined {
  if (fact === undefined) return undefined;
  const fields = Object.entries(fact.value as Readonly<Record<string, Json>>);
  return Object.fromEntries(
    fields.map(([field, value]) => [
      field,
      rules.isSecret(fact.kind, field)
        ? (masked(value) ?? null)
        : (rules.withoutSecrets?.(fact.kind, field, value) ?? value),
    ]),
  );
}

const masked = (value: Json | undefined): Json | undefined =>
  value === undefined || value === null ? value : '[secret]';

const valueOf = (fact: Fact | undefined, field: string): Json | undefined => fact?.value[field] as Json | undefined;

function equal(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b));
}

function without(items: readonly Json[], others: readonly Json[]): readonly Json[] {
  const known = new Set(others.map(canonicalJson));
  return items.filter((item) => !known.has(canonicalJson(item)));
}

function index(facts: readonly Fact[]): ReadonlyMap<string, Fact> {
  return new Map(facts.map((fact) => [`${fact.kind}\0${fact.name}`, fact]));
}
