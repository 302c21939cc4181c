import type { Instant } from '../base/instant.ts';
import type { Policy } from '../spec/desired.ts';
import { ageOf, isDue } from './due.ts';
import type { History } from './history.ts';
import type { Verify } from './plan.ts';

/**
 * The verification to L2 that is due: of the newest good backup, once per `verify.every` for each database. It counts from the
 * verification of the last verified backup (the one that retention never removes), and before the first one from the oldest
 * commit: counted from the newest commit (which reached L2 itself) it would never be due where backups are more frequent.
 */
export function verifyDue(
  { verify: { every } }: Policy,
  history: History | undefined,
  at: Instant,
): Pick<Verify, 'backup' | 'because'> | undefined {
  const newest = history?.newestGood;
  if (every === undefined || history === undefined || newest === undefined) return undefined;
  const last = history.good.find(({ verified }) => verified?.passed === true && verified.level === 'L2')?.verified?.at;
  const oldest = history.good.at(-1) ?? newest;
  if (!isDue(last ?? oldest.committedAt, every, at)) return undefined;
  return {
    backup: newest.id,
    because: last === undefined ? { kind: 'never', every } : { kind: 'due', age: ageOf(last, at), every },
  };
}
