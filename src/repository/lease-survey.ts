import { fateOf } from '../system/process-identity.ts';
import { generationOfKey, isFree, readGeneration, type LeaseDocument } from './lease-document.ts';
import type { Repository } from './repository.ts';

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

/**
 * What the newest holder below a scope worked on and will not go on with: its process has certainly ended, or it released
 * the lease. Not what it committed: where that has no manifest, it was taken away.
 */
export async function abandonedWork(repository: Repository, scopePrefix: string): Promise<ReadonlySet<string>> {
  const { newest } = await newestDocuments(repository, scopePrefix);
  return new Set(
    newest.flatMap(({ document }) =>
      isFree(document) && document?.work !== document?.committed?.id ? (document?.work ?? []) : [],
    ),
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
    const generation = generationOfKey(key);
    if (generation === undefined || !`${generation.scope}/`.startsWith(`${scopePrefix}/`)) continue;
    if (generation.number > (newest.get(generation.scope)?.number ?? 0))
      newest.set(generation.scope, { number: generation.number, modifiedMs });
  }
  return {
    newest: await Promise.all(
      [...newest].map(async ([scope, { number, modifiedMs }]) => ({
        document: (await readGeneration(repository, scope, number)).document,
        modifiedMs,
      })),
    ),
    latestMs,
  };
}
