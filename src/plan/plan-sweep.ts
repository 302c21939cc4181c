import { formatAddress } from '../base/address.ts';
import { duration } from '../base/duration.ts';
import type { Instant } from '../base/instant.ts';
import type { Desired } from '../spec/desired.ts';
import { estimateOf } from './estimate.ts';
import { dataGoesAt, grace } from './grace.ts';
import type { ExpiredBackup } from './observed.ts';
import type { InGrace, Sweep } from './plan.ts';
import { isAskedFor } from './resolve-databases.ts';
import type { Store } from './stores.ts';

export interface SweepRequest {
  readonly desired: Desired;
  readonly at: Instant;
  readonly only: readonly string[] | undefined;
}

/**
 * Removal of what counts as no backup any more: what was begun and never committed, and the data of expired backups whose
 * grace is over. No approval is needed: the one never existed, and the expiry of the other was approved.
 */
export function planSweeps(store: Store, request: SweepRequest): readonly Sweep[] {
  return [
    ...sweepsOfExpired(store, request),
    ...(request.only === undefined ? sweepsOfUnfinished(store, request) : []),
  ];
}

/** Expired backups that can still be had by naming them, and until when. */
export function inGraceOf(store: Store, { at, only }: SweepRequest): readonly InGrace[] {
  return expiredOf(store, only)
    .filter((expired) => !isSweepable(store, expired, at))
    .map(({ id, address, at: expiredAt }) => ({
      address,
      repository: store.name,
      backup: id,
      dataGoesAt: hasGood(store, address) ? dataGoesAt(expiredAt) : undefined,
    }));
}

function sweepsOfExpired(store: Store, { desired, at, only }: SweepRequest): readonly Sweep[] {
  return expiredOf(store, only)
    .filter((expired) => isSweepable(store, expired, at))
    .map(({ id, address, at: expiredAt, backup }) => ({
      kind: 'sweep',
      id: `sweep:${id}`,
      repository: store.name,
      backup: id,
      expired: address,
      age: duration(at - expiredAt),
      estimate: backup === undefined ? undefined : estimateOf([backup]),
      place: desired.repositories.get(store.name)?.place,
      irreversible: false,
    }));
}

/**
 * Not live, unchanged for the grace (or abandoned: its process is certainly gone), and no manifest names it. Where a
 * manifest is unreadable or lost its backup may still be saved by hand, so its objects stay; and while a lost one has no name
 * but its number, everything that was complete but for the manifest may be the one.
 */
function sweepsOfUnfinished({ name, repository, histories }: Store, { desired, at }: SweepRequest): readonly Sweep[] {
  if (repository?.state !== 'ready' || repository.unfinished.length === 0) return [];
  const spared = new Set<string>([...histories.values()].flatMap(({ all }) => all.map(({ id }) => id)));
  for (const { id } of repository.expired) spared.add(id);
  for (const { key } of repository.invalidManifests) {
    const id = /([^/]+)\.json$/.exec(key)?.[1];
    if (id === undefined) return [];
    spared.add(id);
  }
  for (const { id } of repository.lost) if (id !== undefined) spared.add(id);
  const isNameless = repository.lost.some(({ id }) => id === undefined);
  return repository.unfinished
    .filter(
      ({ id, live, abandoned, modifiedAt, hasContents }) =>
        !live && (abandoned || at - modifiedAt >= grace) && !spared.has(id) && !(isNameless && hasContents),
    )
    .map(({ id, modifiedAt }) => ({
      kind: 'sweep',
      id: `sweep:${id}`,
      repository: name,
      backup: id,
      expired: undefined,
      age: duration(Math.max(0, at - modifiedAt)),
      estimate: undefined,
      place: desired.repositories.get(name)?.place,
      irreversible: false,
    }));
}

function expiredOf({ repository }: Store, only: readonly string[] | undefined): readonly ExpiredBackup[] {
  return repository?.state === 'ready' ? repository.expired.filter(({ address }) => isAskedFor(address, only)) : [];
}

/** While no good backup of the database is left, an expired one may be the last that somebody can save. */
function isSweepable(store: Store, { address, at: expiredAt }: ExpiredBackup, at: Instant): boolean {
  return at >= dataGoesAt(expiredAt) && hasGood(store, address);
}

function hasGood(store: Store, address: ExpiredBackup['address']): boolean {
  return store.histories.get(formatAddress(address))?.newestGood !== undefined;
}
