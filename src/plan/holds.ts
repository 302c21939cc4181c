import type { Holds } from '../manifest/manifest.ts';
import type { Policy } from '../spec/desired.ts';

/** What a back-up under this policy shall hold, in canonical order: what capture records and what a plan compares. */
export function holdsOf(policy: Policy): Holds {
  return {
    roles: policy.roles.scope,
    passwords: policy.roles.passwords,
    include: canonical(policy.roles.include),
    exclude: canonical(policy.roles.exclude),
    excludedTables: canonical(policy.dump.excludeTables),
    excludedTableData: canonical(policy.dump.excludeTableData),
  };
}

/** Names of the fields in which the two differ. The order of a list means nothing. */
export function changedHolds(was: Holds, now: Holds): readonly string[] {
  const names = ['roles', 'passwords', 'include', 'exclude', 'excludedTables', 'excludedTableData'] as const;
  return names.filter((name) => textOf(was[name]) !== textOf(now[name]));
}

/** Whether the access text of the two covers the same roles, so that their difference is drift and nothing else. */
export function sameAccessScope(was: Holds, now: Holds): boolean {
  return !changedHolds(was, now).some((name) => name === 'roles' || name === 'include' || name === 'exclude');
}

function textOf(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : JSON.stringify(canonical(value));
}

function canonical(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
