import { canonicalJson, type Json } from '../../base/json.ts';
import type { ComparisonRules } from '../../manifest/comparison.ts';
import { accountKinds } from './account-facts.ts';
import { classifyAccess, isSecretOfAccess } from './comparison-access.ts';
import { eventOver } from './past-events.ts';

type Question = Parameters<ComparisonRules['classify']>[0];
type Answer = ReturnType<ComparisonRules['classify']>;

/**
 * Every difference after a restore that is not strict, one by one, for both vendors: facts that one of them does not have
 * match no rule. What no line names is strict. Each line is something that the vendor's dump program cannot bring back, or
 * that belongs to the target. Equality is only meaningful within one release series: texts of definitions change between them.
 */
export const comparisonRules: ComparisonRules = {
  classify(question) {
    for (const rule of rules) {
      const answer = rule(question);
      if (answer !== undefined) return answer;
    }
    return classifyAccess(question);
  },
  accessKinds: accountKinds,
  isSecret: isSecretOfAccess,
};

const informational = (because: string): Answer => ({ class: 'informational', because });

const rules: readonly ((question: Question) => Answer)[] = [
  autoIncrement,
  sequenceState,
  ({ kind, field, expected }) =>
    kind === 'table' && field === 'rowFormat' && !says(expected?.value['createOptions'], 'row_format')
      ? informational('the table was made with the row format that its server had by default, and no dump says which')
      : undefined,
  ({ kind, field, actual }) =>
    kind === 'column' && field === 'srid' && actual?.value['srid'] === undefined
      ? informational(
          'no statement of MariaDB shows the reference system of a column (REF_SYSTEM_ID), so no dump has it',
        )
      : undefined,
  ({ kind, field }) =>
    kind === 'database' && field === 'options'
      ? informational('a restored database can be written to; set READ ONLY again where it shall not')
      : undefined,
  ({ kind, field, actual }) =>
    kind === 'event' && field === 'status' && actual?.value['status'] === eventOver
      ? informational('the event’s time passed after the backup, and a server drops or disables such an event at once')
      : undefined,
  ({ kind, field, expected, actual }) =>
    kind === 'rows-hash' &&
    field === 'hash' &&
    typeof expected?.value['roundedHash'] === 'string' &&
    expected.value['roundedHash'] === actual?.value['roundedHash']
      ? informational('FLOAT values have six digits in a dump and came back rounded; everything else is equal')
      : undefined,
  ({ kind, expected, actual }) =>
    kind === 'view' && expected?.value['broken'] === true && actual === undefined
      ? informational('what the view reads was gone on the source, and no dump holds such a view')
      : undefined,
  ({ kind, expected, actual }) =>
    kind === 'histogram' && (expected === undefined || actual === undefined)
      ? informational('statistics for the optimiser, which the server makes anew: ANALYZE TABLE … UPDATE HISTOGRAM')
      : undefined,
];

const says = (options: unknown, name: string): boolean =>
  Array.isArray(options) && options.some((option) => String(option).toLowerCase().startsWith(`${name}=`));

/**
 * Neither is part of a snapshot: writers go on while the dump runs, and each may have been read before or after any of its
 * rows. What the dump recorded lies in between. Numbers are text because they reach 2^64 - 1.
 */
function autoIncrement({ kind, expected, actual }: Question): Answer {
  return kind === 'auto-increment' && isBetween(expected?.value, actual?.value)
    ? { class: 'interval', because: 'numbers were taken while the backup ran, and the restored one lies in between' }
    : undefined;
}

/** A server keeps some numbers ready and forgets them when it stops (MariaDB manual, "CREATE SEQUENCE", CACHE). */
function sequenceState({ kind, expected, actual }: Question): Answer {
  return kind === 'sequence-state' && isBetween(expected?.value, actual?.value)
    ? { class: 'interval', because: 'the sequence moved while the backup ran, and the restored state lies in between' }
    : undefined;
}

type Value = Readonly<Record<string, unknown>> | undefined;

function isBetween(expected: Value, actual: Value): boolean {
  const [low, high, restored] = [expected?.['low'], expected?.['high'], actual?.['low']].map(positionOf);
  if (low === undefined || high === undefined || restored === undefined) return false;
  if (canonicalJson(expected?.['low'] as Json) === canonicalJson(expected?.['high'] as Json)) return false;
  const [least, most] = low <= high ? [low, high] : [high, low];
  return restored >= least && restored <= most;
}

/** One that cycles goes on from its beginning, so its rounds count before its number. */
function positionOf(state: unknown): bigint | undefined {
  const { next, cycles } = (state ?? {}) as { readonly next?: unknown; readonly cycles?: unknown };
  if (typeof next !== 'string' || !/^-?\d+$/.test(next)) return undefined;
  return typeof cycles === 'string' && /^\d+$/.test(cycles) ? BigInt(cycles) * 2n ** 65n + BigInt(next) : BigInt(next);
}
