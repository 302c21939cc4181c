import { formatAddress, matchesGlob, type Address } from '../base/address.ts';
import { snapshotOfId } from '../manifest/keys.ts';
import { InternalError, OperationError } from '../base/operation-error.ts';
import type { BackupSummary } from '../plan/observed.ts';
import type { LostIn } from '../render/lost-lines.ts';
import type { NotRead } from '../render/not-read-lines.ts';
import { readCatalogue } from '../repository/catalogue.ts';
import type { Repository } from '../repository/repository.ts';
import type { UnreadableIn } from '../render/unreadable-lines.ts';
import { unreadableOf } from '../run/select-backup.ts';
import type { Tools } from '../run/tools.ts';
import type { DesiredRepository } from '../spec/desired.ts';
import { invalidUsage } from './invalid-input.ts';

/** A backup and the repository that holds it. */
export interface Located {
  readonly repository: Repository;
  readonly backup: BackupSummary;
}

/** What a command needs to know of a backup to choose it by address and time; a damaged manifest gives no more. */
export interface Named {
  readonly repository: Repository;
  readonly backup: Pick<BackupSummary, 'address' | 'id' | 'snapshotAt' | 'expiredAt'> &
    Partial<Pick<BackupSummary, 'sequence' | 'verified'>>;
}

export interface Opened {
  /** Every backup with a readable manifest, those in their grace included (to be had by their id alone). */
  readonly located: readonly Located[];
  /** What damaged manifests are left of, and where. */
  readonly unreadable: readonly UnreadableIn[];
  /** All of these: whoever looks for damage has to find them by their id. */
  readonly named: readonly Named[];
  /** Backups that are gone without having expired, and where. */
  readonly lost: readonly LostIn[];
  /** Repositories of the spec that could not be read. One that is dead hides nothing of the others. */
  readonly notRead: readonly NotRead[];
}

/** Where a repository is, and its name where a spec gives it one. */
export type RepositoryPlace = Pick<DesiredRepository, 'path'> & Partial<Pick<DesiredRepository, 'name'>>;

/**
 * What is in the repositories that a command works on: the one given by location, without any spec, or all of the spec.
 * Throws `repository/*` where none can be read: that must not look like repositories without backups.
 */
export async function openBackups(places: readonly RepositoryPlace[], tools: Tools): Promise<Opened> {
  const tried = await Promise.all(places.map((place) => attempt(place, tools)));
  const opened = tried.flatMap((each) => ('error' in each ? [] : [each]));
  const notRead = tried.flatMap((each) => ('error' in each ? [each] : []));
  if (opened.length === 0) throw noneRead(notRead);
  return {
    located: opened.flatMap(({ located }) => located),
    unreadable: opened.flatMap(({ unreadable }) => unreadable),
    named: opened.flatMap(({ named }) => named),
    lost: opened.flatMap(({ lost }) => lost),
    notRead,
  };
}

async function attempt({ name, path }: RepositoryPlace, tools: Tools): Promise<Readable | NotRead> {
  try {
    return await open(path, tools);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { name: name ?? path, location: path, error };
  }
}

function noneRead(notRead: readonly NotRead[]): Error {
  const [first, ...more] = notRead;
  if (first === undefined || more.length === 0) return first?.error ?? new InternalError('there is no repository');
  const each = notRead.map(({ name, error }) => `${name}: ${error.message}`).join('; ');
  const { code, hint } = first.error;
  return new OperationError(code, `no repository of the spec can be read: ${each}`, hint === undefined ? {} : { hint });
}

type Readable = Omit<Opened, 'notRead'>;

async function open(location: string, tools: Tools): Promise<Readable> {
  const repository = await tools.openRepository(location);
  const catalogue = await readCatalogue(repository, { cacheDirectory: tools.cacheDirectory });
  const { backups, expired } = catalogue;
  const unreadable = unreadableOf(catalogue.invalidManifests).map((backup) => ({
    ...backup,
    location: repository.location,
  }));
  const locate = (backup: BackupSummary): Located => ({ repository, backup });
  const inGrace = expired.map(({ id, address, at }) => ({ address, id, snapshotAt: snapshotOfId(id), expiredAt: at }));
  return {
    located: [...backups, ...expired.flatMap(({ backup }) => backup ?? [])].map(locate),
    unreadable,
    named: [...backups, ...inGrace, ...unreadable].map((backup) => ({ repository, backup })),
    lost: catalogue.lost.map((lost) => ({ ...lost, location: repository.location })),
  };
}

/**
 * The backups whose address fits one of the globs; all where there are none. Throws InvalidInput for a glob that fits nothing,
 * neither these nor the `others` (lost ones, damaged ones), unless it may fit what could not be read.
 */
export function matching<T extends Named>(
  located: readonly T[],
  globs: readonly string[],
  { others, notRead }: { readonly others: readonly HasAddress[]; readonly notRead: readonly NotRead[] },
): readonly T[] {
  for (const glob of notRead.length > 0 ? [] : globs)
    if (
      ofAddresses(others, [glob]).length === 0 &&
      !located.some(({ backup }) => matchesGlob(glob, formatAddress(backup.address)))
    )
      throw invalidUsage(
        `no backup of ${glob}`,
        `There are backups of: ${addressesOf(located).join(', ') || 'nothing yet'}.`,
      );
  return globs.length === 0
    ? located
    : located.filter(({ backup }) => globs.some((glob) => matchesGlob(glob, formatAddress(backup.address))));
}

interface HasAddress {
  readonly address: Address;
}

/** What has an address that fits one of the globs; all where there are none. */
export function ofAddresses<T extends HasAddress>(all: readonly T[], globs: readonly string[]): readonly T[] {
  return all.filter(
    ({ address }) => globs.length === 0 || globs.some((glob) => matchesGlob(glob, formatAddress(address))),
  );
}

export const addressesOf = (located: readonly Named[]): readonly string[] =>
  [...new Set(located.map(({ backup }) => formatAddress(backup.address)))].sort();

/** Backups by address, in the order of the addresses. */
export function byAddress<T extends Named>(located: readonly T[]): readonly (readonly T[])[] {
  const groups = Map.groupBy(located, ({ backup }) => formatAddress(backup.address));
  return [...groups.keys()].sort().map((address) => groups.get(address) ?? []);
}
