import type { Clock } from '../system/clock.ts';
import { OperationError } from '../base/operation-error.ts';
import { fateOf, ownIdentity, type ProcessIdentity } from '../system/process-identity.ts';
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

interface LeaseDocument {
  readonly kind: 'holdfast.lease';
  readonly formatVersion: 1;
  readonly generation: number;
  readonly state: 'held' | 'released';
  /** Grows with every heartbeat: only its change means anything. */
  readonly beat: number;
  readonly ttlMs: number;
  readonly holder: Holder;
  readonly process: ProcessIdentity;
  /** What the holder makes under it: the id of a backup. Absent until it is known. */
  readonly work?: string;
}

const defaultTtlMs = 60_000;
const sizeLimit = 64 * 1024;

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
      const lease = await take(repository, { scope, generation: newest.number + 1, ttlMs, options });
      if (lease !== undefined) return lease;
      continue;
    }
    if (alive && nowMs - startedMs >= (options.waitMs ?? 0)) throw held(scope, newest.document);
    await clock.sleep(Math.min(1_000, ttlMs / 4), signal);
  }
}

/** Long after it, nobody goes on: a holder that was cut off for a minute has lost its lease and commits nothing. */
const silentLimitMs = 24 * 3_600_000;

/**
 * Whether any lease below a scope may be held by a living process. Errs towards true, but not for ever: a holder on a
 * machine that crashed, or before a restart, can never be shown to be dead, and would keep every leftover from being swept.
 * So one that cannot be judged from here no longer counts once another lease was written more than a day after its own last
 * heartbeat. Both times are the storage's, so no clock of a machine is compared with another one's.
 */
export async function anyLeaseHeld(repository: Repository, scopePrefix: string): Promise<boolean> {
  const { newest, latestMs } = await newestDocuments(repository, scopePrefix);
  return newest.some(
    ({ document, modifiedMs }) =>
      !isFree(document) &&
      (latestMs - modifiedMs <= silentLimitMs || (document !== undefined && fateOf(document.process) === 'runs')),
  );
}

interface NewestDocument {
  readonly document: LeaseDocument | undefined;
  /** Its last heartbeat by the storage's clock. */
  readonly modifiedMs: number;
}

/** Those below a scope, and when any lease at all was last written, by the storage's clock. */
async function newestDocuments(
  repository: Repository,
  scopePrefix: string,
): Promise<{ readonly newest: readonly NewestDocument[]; readonly latestMs: number }> {
  const newest = new Map<string, { readonly number: number; readonly modifiedMs: number }>();
  let latestMs = 0;
  for await (const { key, modifiedMs } of repository.list('leases/')) {
    latestMs = Math.max(latestMs, modifiedMs);
    const match = /^leases\/(.+)\/(\d+)\.json$/.exec(key);
    if (match?.[1] === undefined || !`${match[1]}/`.startsWith(`${scopePrefix}/`)) continue;
    const number = Number(match[2]);
    if (number > (newest.get(match[1])?.number ?? 0)) newest.set(match[1], { number, modifiedMs });
  }
  return {
    newest: await Promise.all(
      [...newest].map(async ([scope, { number, modifiedMs }]) => ({
        document: parse(await readGeneration(repository, scope, number)),
        modifiedMs,
      })),
    ),
    latestMs,
  };
}

/**
 * What the newest holder below a scope worked on and will not go on with: its process has certainly ended, or it released
 * the lease.
 */
export async function abandonedWork(repository: Repository, scopePrefix: string): Promise<ReadonlySet<string>> {
  const { newest } = await newestDocuments(repository, scopePrefix);
  return new Set(newest.flatMap(({ document }) => (isFree(document) ? (document?.work ?? []) : [])));
}

function isFree(document: LeaseDocument | undefined): boolean {
  return document !== undefined && (document.state === 'released' || fateOf(document.process) === 'dead');
}

const keyOf = (scope: string, generation: number): string =>
  `leases/${scope}/${String(generation).padStart(10, '0')}.json`;

async function newestGeneration(
  repository: Repository,
  scope: string,
): Promise<{ readonly number: number; readonly text: string; readonly document: LeaseDocument | undefined }> {
  let number = 0;
  for (const name of await repository.names(`leases/${scope}/`)) {
    if (/^\d{10}\.json$/.test(name)) number = Math.max(number, Number(name.slice(0, 10)));
  }
  const text = number === 0 ? '' : `${number} ${await readGeneration(repository, scope, number)}`;
  return { number, text, document: parse(text.slice(text.indexOf(' ') + 1)) };
}

async function readGeneration(repository: Repository, scope: string, generation: number): Promise<string> {
  try {
    return (await repository.readSmall(keyOf(scope, generation), sizeLimit)).toString('utf8');
  } catch (error) {
    // An older generation that was cleared away in this instant: look again.
    if (error instanceof OperationError && error.code === 'repository/object-missing') return '';
    throw error;
  }
}

function parse(text: string): LeaseDocument | undefined {
  try {
    const data = JSON.parse(text) as LeaseDocument;
    return data.kind === 'holdfast.lease' && typeof data.process === 'object' ? data : undefined;
  } catch {
    return undefined;
  }
}

interface Taking {
  readonly scope: string;
  readonly generation: number;
  readonly ttlMs: number;
  readonly options: LeaseOptions;
}

/** Undefined where another one was faster. */
async function take(repository: Repository, { scope, generation, ttlMs, options }: Taking): Promise<Lease | undefined> {
  const { clock, holder } = options;
  const key = keyOf(scope, generation);
  const document: LeaseDocument = {
    kind: 'holdfast.lease',
    formatVersion: 1,
    generation,
    state: 'held',
    beat: 0,
    ttlMs,
    holder,
    process: ownIdentity(),
  };
  try {
    await repository.commit(key, encode(document));
  } catch (error) {
    if (error instanceof OperationError && error.code === 'repository/object-exists') return undefined;
    throw error;
  }
  // Only the newest generations say anything; the one before this one stays for whoever is just reading it.
  if (generation > 2) await repository.remove(keyOf(scope, generation - 2));
  return keep(repository, { scope, key, document, clock });
}

function encode(document: LeaseDocument): Buffer {
  return Buffer.from(`${JSON.stringify(document)}\n`);
}

interface Keeping {
  readonly scope: string;
  readonly key: string;
  readonly document: LeaseDocument;
  readonly clock: Clock;
}

function keep(repository: Repository, { scope, key, document: taken, clock }: Keeping): Lease {
  let document = taken;
  const stop = new AbortController();
  let beat = 0;
  let beatenMs = clock.monotonicMs();
  const beating = (async () => {
    for (;;) {
      await clock.sleep(document.ttlMs / 4, stop.signal);
      const beforeMs = clock.monotonicMs();
      beat += 1;
      // A heartbeat that fails is told by check(): until then the next one may succeed.
      await repository.replace(key, encode({ ...document, beat })).then(
        () => {
          beatenMs = beforeMs;
        },
        () => undefined,
      );
    }
  })().catch(() => undefined);
  const check = async (): Promise<void> => {
    const overdue = clock.monotonicMs() - beatenMs >= document.ttlMs;
    if (overdue || (await newestGeneration(repository, scope)).number !== document.generation) {
      throw new OperationError('repository/lease-lost', `the lease of ${scope} was lost`, {
        hint: 'This run was stopped or cut off for too long and another one may have taken over. Nothing was committed; run again.',
      });
    }
  };
  return {
    check,
    note: async (work) => {
      document = { ...document, work };
      beat += 1;
      await repository.replace(key, encode({ ...document, beat }));
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await beating;
      await check().then(
        () => repository.replace(key, encode({ ...document, beat: beat + 1, state: 'released' })),
        () => undefined,
      );
    },
  };
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
