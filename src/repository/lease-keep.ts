import { OperationError } from '../base/operation-error.ts';
import type { Clock } from '../system/clock.ts';
import { encode, keyOf, newestGeneration, type LeaseDocument } from './lease-document.ts';
import type { Lease, Repository } from './repository.ts';

export interface Taken {
  readonly scope: string;
  readonly document: LeaseDocument;
  readonly clock: Clock;
}

/** Keeps a lease that was just taken: a heartbeat four times in its time to live, until it is disposed. */
export function keepLease(repository: Repository, { scope, document: taken, clock }: Taken): Lease {
  const key = keyOf(scope, taken.generation);
  const stop = new AbortController();
  let document = taken;
  let beatenMs = clock.monotonicMs();
  let triedMs = beatenMs;
  const write = (change: Partial<LeaseDocument>): Promise<void> => {
    document = { ...document, ...change, beat: document.beat + 1 };
    return repository.replace(key, encode(document));
  };
  const isOverdue = (): boolean => clock.monotonicMs() - beatenMs >= document.ttlMs;
  const isNewest = async (): Promise<boolean> =>
    (await newestGeneration(repository, scope)).number === document.generation;
  const beating = (async () => {
    for (;;) {
      await clock.sleep(document.ttlMs / 4, stop.signal);
      const beforeMs = clock.monotonicMs();
      // The process itself stood still: whoever watched took it for gone, so it is, also where nobody came.
      if (beforeMs - triedMs >= document.ttlMs) return;
      triedMs = beforeMs;
      // A heartbeat that fails is told by check(): storage that comes back in time must not end a dump of hours.
      await write({}).then(
        () => {
          beatenMs = beforeMs;
        },
        () => undefined,
      );
    }
  })().catch(() => undefined);
  const check = async (): Promise<void> => {
    if (isOverdue() || !(await isNewest())) {
      throw new OperationError('repository/lease-lost', `the lease of ${scope} was lost`, {
        hint: 'This run was stopped or cut off for too long and another one may have taken over. Nothing was committed; run again.',
      });
    }
  };
  return {
    lastCommit: taken.committed,
    check,
    note: (work) => write({ work }),
    committed: (backup) => {
      document = { ...document, committed: backup };
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await beating;
      // Lost by time alone, it is still nobody else's, and the next one need not wait. What cannot be written runs out.
      await isNewest()
        .then((newest) => (newest ? write({ state: 'released' }) : undefined))
        .catch(() => undefined);
    },
  };
}
