import { formatAddress, matchesGlob } from '../base/address.ts';
import type { BackupSummary } from '../plan/observed.ts';
import { readCatalogue } from '../repository/catalogue.ts';
import type { Repository } from '../repository/repository.ts';
import type { Tools } from '../run/tools.ts';
import type { Desired } from '../spec/desired.ts';
import { invalidUsage } from './invalid-input.ts';

/** A backup and the repository that holds it. */
export interface Located {
  readonly repository: Repository;
  readonly backup: BackupSummary;
}

/**
 * Every backup in the repositories that a command works on: the one given by location, without any spec, or all of the
 * spec. Throws `repository/*`: a repository that cannot be read must not look like one without backups.
 */
export async function openBackups(locations: readonly string[], tools: Tools): Promise<readonly Located[]> {
  const opened = await Promise.all(
    locations.map(async (location) => {
      const repository = await tools.openRepository(location);
      const { backups } = await readCatalogue(repository, { cacheDirectory: tools.cacheDirectory });
      return backups.map((backup): Located => ({ repository, backup }));
    }),
  );
  return opened.flat();
}

export const locationsOf = (desired: Desired): readonly string[] =>
  [...desired.repositories.values()].map(({ path }) => path);

/** The backups whose address fits one of the globs; all where there are none. Throws InvalidInput for a glob that fits nothing. */
export function matching(located: readonly Located[], globs: readonly string[]): readonly Located[] {
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

export const addressesOf = (located: readonly Located[]): readonly string[] =>
  [...new Set(located.map(({ backup }) => formatAddress(backup.address)))].sort();

/** Backups by address, in the order of the addresses. */
export function byAddress(located: readonly Located[]): readonly (readonly Located[])[] {
  const groups = Map.groupBy(located, ({ backup }) => formatAddress(backup.address));
  return [...groups.keys()].sort().map((address) => groups.get(address) ?? []);
}
