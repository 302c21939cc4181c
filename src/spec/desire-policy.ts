import { parseDuration, type Duration } from '../base/duration.ts';
import { secretOf } from './desire-servers.ts';
import type { Desire } from './desire.ts';
import type { DumpPolicy, Policy, Retention, SqlCheck } from './desired.ts';
import { parseExpectation } from './expectation.ts';
import type { PolicyLayers } from './policy-layers.ts';

/** The layers of one database's policy with every default filled in. `repository` has been resolved by the caller. */
export function desirePolicy(context: Desire, layers: PolicyLayers, from: Pick<Policy, 'name' | 'repository'>): Policy {
  const { every, objectives = {}, roles = {}, verify = {}, drill = {}, retention = {} } = layers.merged;
  return {
    name: from.name,
    every: span(every, '24h'),
    objectives: {
      ...(objectives.rpo !== undefined && { rpo: span(objectives.rpo) }),
      ...(objectives.rto !== undefined && { rto: span(objectives.rto) }),
    },
    roles: {
      scope: roles.scope ?? 'referenced',
      include: roles.include ?? [],
      exclude: roles.exclude ?? [],
      passwords: roles.passwords ?? 'hashes',
    },
    dump: dumpOf(layers),
    repository: from.repository,
    retention: retentionOf(retention),
    verify: verify.every === undefined ? {} : { every: span(verify.every) },
    drill: {
      ...(drill.every !== undefined && { every: span(drill.every) }),
      ...(drill.target !== undefined && { target: drill.target }),
      level: drill.level ?? 'L6',
      checks: checksOf(context, layers),
      logins: (drill.logins ?? []).map(({ role, password }, index) => ({
        role,
        password: secretOf(context, password, [...layers.origin('drill', 'logins'), String(index), 'password']),
      })),
    },
  };
}

/** The schema lets only lengths of time through. */
function span(text: string | undefined, fallback = '0s'): Duration {
  return parseDuration(text ?? fallback) ?? span(fallback);
}

function dumpOf({ merged: { dump = {} } }: PolicyLayers): DumpPolicy {
  return {
    jobs: dump.jobs ?? 2,
    compression: compressionOf(dump.compression ?? 'auto'),
    timeout: span(dump.timeout, '12h'),
    lockWait: span(dump.lockWait, '5m'),
    excludeTables: dump.excludeTables ?? [],
    excludeTableData: dump.excludeTableData ?? [],
    serverHashes: dump.serverHashes ?? false,
  };
}

function compressionOf(text: string): DumpPolicy['compression'] {
  const [codec, level] = text.split(':');
  if (codec === 'zstd') return { codec, level: Number(level ?? 3) };
  if (codec === 'gzip') return { codec, level: Number(level ?? 1) };
  return codec === 'none' ? { codec } : 'auto';
}

function retentionOf(written: NonNullable<PolicyLayers['merged']['retention']>): Retention {
  return {
    last: written.last ?? 0,
    hourly: written.hourly ?? 0,
    daily: written.daily ?? 0,
    weekly: written.weekly ?? 0,
    monthly: written.monthly ?? 0,
    yearly: written.yearly ?? 0,
    ...(written.within !== undefined && { within: span(written.within) }),
    minimum: written.minimum ?? 3,
    maxRemovals: written.maxRemovals ?? 10,
  };
}

function checksOf(context: Desire, layers: PolicyLayers): readonly SqlCheck[] {
  const checks: SqlCheck[] = [];
  for (const [index, { name, sql, expect: written }] of (layers.merged.drill?.checks ?? []).entries()) {
    const path = [...layers.origin('drill', 'checks'), String(index)];
    const expect = parseExpectation(written);
    if (checks.some((check) => check.name === name)) {
      const summary = `two checks are called ${JSON.stringify(name)}`;
      context.report({
        path: [...path, 'name'],
        at: 'value',
        severity: 'error',
        code: 'spec/conflict',
        summary,
        label: 'the name is taken',
      });
    }
    if (expect) checks.push({ name, sql, expect });
    else {
      context.report({
        path: [...path, 'expect'],
        at: 'value',
        severity: 'error',
        code: 'spec/bad-value',
        summary: 'expect is no comparison',
        label: 'an operator and a value are needed',
        help: "Write = or != and any value, or <, <=, > or >= and a number: '>= 1', '= 42', \"= 'paid'\".",
      });
    }
  }
  return checks;
}
