import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '../base/json.ts';
import { holdsOf } from './holds.ts';
import type { Action, Plan } from './plan.ts';

/** One thing that must still be so for an approved action to be the same action. The digest is of the field's value. */
export interface Precondition {
  readonly field: string;
  readonly digest: string;
}

/**
 * What an approval of this action rests on. Judged per action: a repository changes with every run, so one serial number
 * for the whole would make every saved plan stale.
 */
export function preconditionsOf(action: Action, plan: Pick<Plan, 'observed'>): readonly Precondition[] {
  const repository = plan.observed.repositories.find(({ name }) => name === action.repository);
  const fields: Readonly<Record<string, Json>> = { repository: repository?.id ?? null, ...own(action) };
  return Object.entries(fields).map(([field, value]) => ({ field, digest: digestOf(value) }));
}

/** sha256, hex, over canonical JSON. */
export function digestOf(value: Json): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

function own(action: Action): Readonly<Record<string, Json>> {
  switch (action.kind) {
    case 'back-up': {
      const { include, exclude, excludedTables, excludedTableData, ...holds } = holdsOf(action.policy);
      return {
        newest: action.newest ?? null,
        // Another server under the same name, be it by the spec or by the network, was not approved.
        ...(action.serverIdentity === undefined ? {} : { server: action.serverIdentity }),
        holds: {
          ...holds,
          include: [...include],
          exclude: [...exclude],
          excludedTables: [...excludedTables],
          excludedTableData: [...excludedTableData],
        },
      };
    }
    case 'verify':
    case 'sweep':
      return { backup: action.backup };
    // Which backups go is compared one by one: an approval of two covers either of them alone.
    case 'expire':
      return {};
    default:
      return action satisfies never;
  }
}
