import { formatAddress, matchesGlob } from '../base/address.ts';
import { snapshotOfId } from '../manifest/keys.ts';
import type { BackupSummary } from '../plan/observed.ts';
import { readCatalogue } from '../repository/catalogue.ts';
import type { Repository } from '../repository/repository.ts';
import { unreadableOf, type Unreadable } from '../run/select-backup.ts';
import type { Tools } from '../run/tools.ts';
import type { Desired } from '../spec/desired.ts';
import { invalidUsage } from './invalid-input.ts';

/** A backup and the repository that holds it. */
export interface Located {
  readonly repository: Repository;
  readonly backup: BackupSummary;
}

/** What a command needs to know of a backup to choose it by address and time; a damaged manifest gives no more. */
export interface Named {
  readonly repository: Repository;
  readonly backup: Pick<BackupSummary, 'address' | 'id' | 'snapshotAt' | 'expiredAt'>;
}

/**
 * Every backup, those in their grace included (to be had by their id alone), in the repositories that a command works on:
 * the one given by location, without any spec, or all of the spec. Throws `repository/*`: a repository that cannot be read must not look like one without backups.
 */
export async function openBackups(locations: readonly string[], tools: Tools): Promise<readonly Located[]> {
  return (await openWhole(locations, tools)).located;
}

/** `openBackups`, and what damaged manifests are left of. */
export async function openWhole(
  locations: readonly string[],
  tools: Tools,
): Promise<{ readonly located: readonly Located[]; readonly unreadable: readonly Unreadable[] }> {
  const opened = await Promise.all(
    locations.map(async (location) => {
      const repository = await tools.openRepository(location);
      const catalogue = await readCatalogue(repository, { cacheDirectory: tools.cacheDirectory });
      const inGrace = catalogue.expired.flatMap(({ backup }) => backup ?? []);
      return {
        located: [...catalogue.backups, ...inGrace].map((backup): Located => ({ repository, backup })),
        unreadable: unreadableOf(catalogue.invalidManifests),
      };
    }),
  );
  return {
    located: opened.flatMap(({ located }) => located),
    unreadable: opened.flatMap(({ unreadable }) => unreadable),
  };
}

/** Like `openBackups`, with those whose manifest is damaged: they have to be found by whoever looks for damage. */
export async function openNamed(locations: readonly string[], tools: Tools): Promise<readonly Named[]> {
  const opened = await Promise.all(
    locations.map(async (location) => {
      const repository = await tools.openRepository(location);
      const catalogue = await readCatalogue(repository, { cacheDirectory: tools.cacheDirectory });
      const { backups, expired, invalidManifests } = catalogue;
      const damaged = unreadableOf(invalidManifests).map((backup): Named => ({ repository, backup }));
      const inGrace = expired.map(({ id, address, at }): Named => ({
        repository,
        backup: { address, id, snapshotAt: snapshotOfId(id), expiredAt: at },
      }));
      return [...backups.map((backup): Named => ({ repository, backup })), ...inGrace, ...damaged];
    }),
  );
  return opened.flat();
}

export const locationsOf = (desired: Desired): readonly string[] =>
  [...desired.repositories.values()].map(({ path }) => path);

/** The backups whose address fits one of the globs; all where there are none. Throws InvalidInput for a glob that fits nothing. */
export function matching<T extends Named>(located: readonly T[], globs: readonly string[]): readonly T[] {
  for (const glob of globs)
    if (!located.some(({ backup }) => matchesGlob(glob, formatAddress(backup.address))))
      throw invalidUsage(
        `no backup of ${glob}`,
        `There are backups of: ${addressesOf(located).join(', ') || 'nothing yet'}.`,
      );
  return globs.length === 0
    ? located
    : located.filter(({ backup }) => globs.some((glob) => matchesGlob(glob, formatAddress(backup.address))));
}

export const addressesOf = (located: readonly Named[]): readonly string[] =>
  [...new Set(located.map(({ backup }) => formatAddress(backup.address)))].sort();

/** Backups by address, in the order of the addresses. */
export function byAddress<T extends Named>(located: readonly T[]): readonly (readonly T[])[] {
  const groups = Map.groupBy(located, ({ backup }) => formatAddress(backup.address));
  return [...groups.keys()].sort().map((address) => groups.get(address) ?? []);
}
