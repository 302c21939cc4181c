import type { Instant } from '../base/instant.ts';
import type { Policy } from '../spec/desired.ts';
import { ageOf, isDue } from './due.ts';
import type { History } from './history.ts';
import type { Verify } from './plan.ts';

/**
 * The verification that is due: of the newest good backup, once per `verify.every` for each database. It counts from the
 * last verification of any of its backups, and before the first one from the oldest commit: counted from the newest
 * commit (which reached L2 itself) it would never be due where backups are more frequent than verifications.
 */
export function verifyDue(
  { verify: { every } }: Policy,
  history: History | undefined,
  at: Instant,
): Pick<Verify, 'backup' | 'because'> | undefined {
  const newest = history?.newestGood;
  if (every === undefined || history === undefined || newest === undefined) return undefined;
  const times = history.all.flatMap(({ verified }) => (verified === undefined ? [] : [verified.at]));
  const last = times.reduce<Instant | undefined>(
    (newestTime, time) => (newestTime === undefined || time > newestTime ? time : newestTime),
    undefined,
  );
  const first = history.good.at(-1)?.committedAt ?? newest.committedAt;
  if (!isDue(last ?? first, every, at)) return undefined;
  return {
    backup: newest.id,
    because: last === undefined ? { kind: 'never', every } : { kind: 'due', age: ageOf(last, at), every },
  };
}
