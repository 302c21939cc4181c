import type { Clock } from '../system/clock.ts';
import { OperationError } from '../base/operation-error.ts';
import { fateOf, ownIdentity } from '../system/process-identity.ts';
import { encode, isFree, keyOf, newestGeneration, type Generation, type LeaseDocument } from './lease-document.ts';
import { keepLease } from './lease-keep.ts';
import type { Holder, Lease, Repository } from './repository.ts';

export interface LeaseOptions {
  readonly clock: Clock;
  readonly holder: Holder;
  /** How long a lease lives without a heartbeat, in the observer's own monotonic time. */
  readonly ttlMs?: number;
  /** How long to wait for a living holder; 0 (the default) = only as long as telling a dead one from a living one takes. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

const defaultTtlMs = 60_000;

/**
 * Takes the lease of a scope (`capture/<server>/<database>`, `expire`). A lease is a row of write-once generations; the
 * newest one counts. Released by marking, never by deleting. A holder counts as dead where its process provably is
 * (same machine), or where its newest generation has not changed for its time to live, measured by the observer's own
 * clock: no clock of another machine is ever believed. Throws `repository/lease-held`, naming the holder.
 */
export async function acquireLease(repository: Repository, scope: string, options: LeaseOptions): Promise<Lease> {
  const { clock, signal } = options;
  const ttlMs = options.ttlMs ?? defaultTtlMs;
  const startedMs = clock.monotonicMs();
  let seen = '';
  let unchangedSinceMs = startedMs;
  let alive = false;
  for (;;) {
    signal?.throwIfAborted();
    const newest = await newestGeneration(repository, scope);
    const nowMs = clock.monotonicMs();
    alive =
      (newest.document !== undefined && fateOf(newest.document.process) === 'runs') ||
      (alive && newest.text === seen) ||
      (seen !== '' && newest.text !== seen);
    if (newest.text !== seen) {
      seen = newest.text;
      unchangedSinceMs = nowMs;
    }
    const expired = newest.number > 0 && nowMs - unchangedSinceMs >= (newest.document?.ttlMs ?? ttlMs);
    if (newest.number === 0 || isFree(newest.document) || expired) {
      const lease = await take(repository, { scope, before: newest, ttlMs, options });
      if (lease !== undefined) return lease;
      continue;
    }
    if (alive && nowMs - startedMs >= (options.waitMs ?? 0)) throw held(scope, newest.document);
    await clock.sleep(Math.min(1_000, ttlMs / 4), signal);
  }
}

interface Taking {
  readonly scope: string;
  readonly before: Generation;
  readonly ttlMs: number;
  readonly options: LeaseOptions;
}

/** Undefined where another one was faster. */
async function take(repository: Repository, { scope, before, ttlMs, options }: Taking): Promise<Lease | undefined> {
  const { clock, holder } = options;
  const generation = before.number + 1;
  const document: LeaseDocument = {
    kind: 'holdfast.lease',
    formatVersion: 1,
    generation,
    state: 'held',
    beat: 0,
    ttlMs,
    holder,
    process: ownIdentity(),
    ...(before.document?.committed === undefined ? {} : { committed: before.document.committed }),
  };
  try {
    await repository.commit(keyOf(scope, generation), encode(document));
  } catch (error) {
    if (error instanceof OperationError && error.code === 'repository/object-exists') return undefined;
    throw error;
  }
  // Only the newest generations say anything; the one before this one stays for whoever is just reading it.
  if (generation > 2) await repository.remove(keyOf(scope, generation - 2));
  return keepLease(repository, { scope, document, clock });
}

function held(scope: string, document: LeaseDocument | undefined): OperationError {
  if (document === undefined)
    return new OperationError('repository/lease-held', `the lease of ${scope} is held`, { transient: true });
  const { host, pid, command, since, run } = document.holder;
  return new OperationError(
    'repository/lease-held',
    `another run works on ${scope}: ${command} (process ${pid} on ${host}, since ${since}${run === null ? '' : `, ${run}`})`,
    {
      transient: true,
      hint: 'Wait for it to end. If it was killed on another machine, its lease runs out by itself within a minute.',
    },
  );
}
