import type { Address } from '../base/address.ts';
import type { BackupId } from '../manifest/keys.ts';
import type { LostBackup } from './observed.ts';

/** What a repository tells of the backups of one address. */
export interface Trace {
  readonly address: Address;
  /** Those with a readable manifest, whether they count or not. */
  readonly present: readonly TracedBackup[];
  /** Ids with a tombstone or a damaged manifest, and their number where it is known: what became of them is no secret. */
  readonly accounted: ReadonlyMap<BackupId, number | undefined>;
  /** Committed backups that records and leases name, and their number where it is known. */
  readonly named: ReadonlyMap<BackupId, number | undefined>;
}

export interface TracedBackup {
  readonly id: BackupId;
  readonly sequence: number;
  readonly previous: BackupId | null;
}

/**
 * Backups that were committed and are gone although nobody expired them. Every commit takes the next number of its address
 * and names the one before it, and a backup that expires leaves its tombstone for ever. So what another backup, a record or a
 * lease names has a manifest or a tombstone, and every number up to the highest one is somebody's.
 *
 * Errs towards silence: a tombstone whose number is unknown explains any gap, and numbers that two backups share hide none.
 */
export function lostBackups(trace: Trace): readonly LostBackup[] {
  const { address, present, accounted } = trace;
  const taken = new Set<number>();
  const ids = new Set<BackupId>();
  let top = 0;
  for (const { id, sequence } of present) {
    ids.add(id);
    taken.add(sequence);
    top = Math.max(top, sequence);
  }
  const gone = goneIds(trace, ids);
  const unnumbered: BackupId[] = [];
  const elsewhere = new Set<number>();
  for (const [id, number] of accounted) {
    if (ids.has(id)) continue;
    if (number === undefined) unnumbered.push(id);
    else if (!taken.has(number)) elsewhere.add(number);
  }
  for (const number of [...elsewhere, ...gone.values()]) top = Math.max(top, number ?? 0);
  const missing = top - taken.size - elsewhere.size;
  // The usual end, also where ten thousand backups expired: nothing is enumerated.
  if (gone.size === 0 && missing <= unnumbered.length) return [];
  const free = numbersUpTo(top, (number) => !taken.has(number) && !elsewhere.has(number));
  const lost = [...gone].map(([id, number]): LostBackup => ({
    address,
    id,
    sequence: number !== undefined && free.delete(number) ? number : undefined,
  }));
  for (const id of unnumbered) free.delete(numberFor(id, free, present));
  const nameless = Math.max(0, missing - unnumbered.length - gone.size);
  return [
    ...lost.toSorted((a, b) => compare(a.id ?? '', b.id ?? '')),
    ...[...free].slice(0, nameless).map((sequence): LostBackup => ({ address, id: undefined, sequence })),
  ];
}

/** Named by somebody, and neither here nor accounted for. */
function goneIds(
  { present, accounted, named }: Trace,
  ids: ReadonlySet<BackupId>,
): ReadonlyMap<BackupId, number | undefined> {
  const gone = new Map<BackupId, number | undefined>();
  const add = (id: BackupId, number: number | undefined): void => {
    if (!ids.has(id) && !accounted.has(id)) gone.set(id, number ?? gone.get(id));
  };
  for (const [id, number] of named) add(id, number);
  // A damaged manifest between the two takes a number as well: then this one is free, or somebody else's.
  for (const { previous, sequence } of present) if (previous !== null) add(previous, sequence - 1);
  return gone;
}

/** A gap that fits the time of the id; any other one where none does. */
function numberFor(id: BackupId, free: ReadonlySet<number>, present: readonly TracedBackup[]): number {
  const after = present.reduce((top, one) => (one.id < id ? Math.max(top, one.sequence) : top), 0);
  const [first = 0] = free;
  for (const number of free) if (number > after) return number;
  return first;
}

/** More are never named: a number that a damaged storage made up must not keep a plan busy for ever. */
const limit = 100_000;

function numbersUpTo(top: number, isFree: (number: number) => boolean): Set<number> {
  const numbers = new Set<number>();
  for (let number = Math.max(1, top - limit); number <= top; number += 1) if (isFree(number)) numbers.add(number);
  return numbers;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
