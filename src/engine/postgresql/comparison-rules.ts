import { canonicalJson, type Json } from '../../base/json.ts';
import type { ComparisonRules } from '../../manifest/comparison.ts';
import type { Fact } from '../../manifest/manifest.ts';

type Question = Parameters<ComparisonRules['classify']>[0];
type Answer = ReturnType<ComparisonRules['classify']>;

/**
 * Every difference after a restore that is not strict, one by one. What no line names is strict. The list is short on
 * purpose: each line is something that PostgreSQL's own tools cannot bring back, or that belongs to the target's machine.
 * Equality is only meaningful within one major version: text forms of definitions change between them.
 */
export const comparisonRules: ComparisonRules = {
  classify(question) {
    for (const rule of rules) {
      const answer = rule(question);
      if (answer !== undefined) return answer;
    }
    return undefined;
  },
  accessKinds: new Set([
    'role',
    'membership',
    'setting',
    'parameter-acl',
    'acl',
    'default-acl',
    'policy',
    'row-security',
    'user-mapping',
    'tablespace',
    'database',
    'object',
  ]),
  isSecret: (kind, field) => secretFields.has(`${kind} ${field}`),
  withoutSecrets: (kind, field, value) => (kind === 'setting' && field === 'settings' ? withoutCustom(value) : value),
};

/** Password verifiers, passwords of foreign servers and connection strings. Options of a server may hold one by mistake. */
const secretFields: ReadonlySet<string> = new Set([
  'role password',
  'user-mapping options',
  'subscription connection',
  'foreign-server options',
  'foreign-data-wrapper options',
  'relation foreignServer',
  'column foreignOptions',
]);

/** A setting with a dot in its name is the application's and may be a key. */
function withoutCustom(settings: Json): Json {
  if (settings === null || typeof settings !== 'object' || Array.isArray(settings)) return settings;
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, name.includes('.') ? '[secret]' : value]),
  );
}

const informational = (because: string): Answer => ({ class: 'informational', because });

const rules: readonly ((question: Question) => Answer)[] = [
  sequenceState,
  ({ kind, field }) =>
    kind === 'materialized-view' && field === 'rows'
      ? {
          class: 'recomputed',
          because: 'rows of a materialised view are computed anew from what its query reads, so a stale one is fresh',
        }
      : undefined,
  ({ kind, expected, actual }) =>
    kind === 'role' && (expected?.value['bootstrap'] === true || actual?.value['bootstrap'] === true)
      ? informational('the bootstrap role belongs to the target and is never changed by a restore')
      : undefined,
  ({ kind, expected, actual }) =>
    kind === 'setting' &&
    (expected ?? actual)?.value['bootstrapRole'] === true &&
    (expected ?? actual)?.value['inDatabase'] === false
      ? informational('settings of the bootstrap role belong to the target and are never changed by a restore')
      : undefined,
  ({ kind, field }) =>
    kind === 'tablespace' && field === 'location'
      ? informational('a tablespace has its directory where the target has room for it')
      : undefined,
  ({ kind, field, expected }) =>
    kind === 'object' &&
    field === 'owner' &&
    typeof expected?.value['extension'] === 'string' &&
    expected.value['owner'] === undefined
      ? informational('an extension’s script makes its objects for the role that installs it')
      : undefined,
  ({ kind, field, expected }) =>
    kind === 'object' && field === 'comment' && typeof expected?.value['extension'] === 'string'
      ? informational('comments on the objects of an extension are those of its script; dumps leave out any other')
      : undefined,
  ({ kind, name, field }) =>
    kind === 'object' && name.startsWith('extension ') && field === 'owner'
      ? informational(
          'the owner of an extension is the role that installs it; dumps do not record it and no statement changes it',
        )
      : undefined,
  ({ kind, field }) =>
    kind === 'extension' && field === 'version'
      ? informational('a dump installs the version of an extension that the target has by default')
      : undefined,
  ({ kind, expected, actual }) =>
    kind === 'index' && expected?.value['valid'] === false && actual === undefined
      ? informational('the index was invalid on the source, and dumps leave invalid indexes out')
      : undefined,
  ({ kind, field, expected }) =>
    kind === 'membership' && field === 'grantor' && expected !== undefined && expected.value['inherit'] === undefined
      ? informational('before version 16 the grantor of a membership has no meaning and may not exist any more')
      : undefined,
  ({ kind, field, expected }) =>
    kind === 'relation' && field === 'columns' && Array.isArray(expected?.value['parents'])
      ? informational('a restored child table has its inherited columns first')
      : undefined,
  ({ kind, field, expected, actual }) =>
    kind === 'subscription' && field === 'enabled' && expected?.value[field] === true && actual?.value[field] === false
      ? informational('a restored subscription is not enabled, so that it cannot take over from the source’s')
      : undefined,
  ({ kind, field }) =>
    kind === 'subscription' && (field === 'slot' || field === 'twoPhase')
      ? informational('a restored subscription is not connected to its publisher yet')
      : undefined,
];

/**
 * A sequence is outside every snapshot: it may have moved between the two readings. The dump recorded a state in between,
 * so a restored one that lies there is as good as can be. Values are text because they reach 2^63 - 1.
 */
function sequenceState({ kind, expected, actual }: Question): Answer {
  const [low, high, restored] = [expected?.value['low'], expected?.value['high'], actual?.value['low']].map(lastOf);
  if (kind !== 'sequence-state' || low === undefined || high === undefined || restored === undefined) return undefined;
  if (canonicalJson(expected?.value['low'] as Json) === canonicalJson(expected?.value['high'] as Json))
    return undefined;
  const [least, most] = low <= high ? [low, high] : [high, low];
  if (restored < least || restored > most) return undefined;
  return {
    class: 'interval',
    because: 'the sequence moved while the backup ran, and the restored state lies in between',
  };
}

function lastOf(state: Fact['value'][string]): bigint | undefined {
  const { last } = (state ?? {}) as { readonly last?: unknown };
  return typeof last === 'string' && /^-?\d+$/.test(last) ? BigInt(last) : undefined;
}
