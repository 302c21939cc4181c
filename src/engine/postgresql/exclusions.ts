import type { Degradation } from '../../manifest/manifest.ts';
import { readExcluded, type ExcludedRelation } from './excluded.ts';
import { some } from './preflight.ts';
import type { Session } from './session.ts';
import { readDumpableTables, type DumpableTable } from './tables.ts';

/** What a policy leaves out, each relation by name; and what the backup has that cannot be restored without it. */
export function exclusions(
  relations: readonly ExcludedRelation[],
  tables: readonly DumpableTable[],
): readonly Degradation[] {
  return [
    ...relations.map(({ name }) => ({
      code: 'table-excluded' as const,
      subject: name,
      detail: 'the policy leaves this table out',
    })),
    ...relations.flatMap(({ name, neededBy }) =>
      neededBy.length === 0
        ? []
        : {
            code: 'object-not-restorable' as const,
            subject: name,
            detail: `a restore fails: the policy leaves this table out, and the backup has what needs it: ${some(neededBy)}`,
          },
    ),
    ...tables
      .filter(({ excluded }) => excluded === 'data')
      .map(({ name }) => ({
        code: 'table-data-excluded' as const,
        subject: name,
        detail: 'the policy leaves the rows of this table out',
      })),
  ];
}

/** The same ahead of a backup, in the caller's transaction. */
export async function readExclusions(
  session: Session,
  policy: { readonly excludeTables: readonly string[]; readonly excludeTableData: readonly string[] },
): Promise<readonly Degradation[]> {
  if (policy.excludeTables.length + policy.excludeTableData.length === 0) return [];
  const { relations } = await readExcluded(session, policy.excludeTables);
  return exclusions(relations, await readDumpableTables(session, policy));
}
