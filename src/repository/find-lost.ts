import { formatAddress, type Address } from '../base/address.ts';
import { addressPrefix, parseBackupId, type BackupId } from '../manifest/keys.ts';
import { lostBackups, type Trace, type TracedBackup } from '../plan/lost-backups.ts';
import type { LostBackup } from '../plan/observed.ts';
import type { NamedBackup } from './named-backups.ts';
import type { Repository } from './repository.ts';
import { expiredSequences } from './tombstone.ts';

export interface FoundManifests {
  readonly backups: readonly (TracedBackup & { readonly address: Address })[];
  readonly damaged: readonly { readonly address: Address; readonly id: BackupId }[];
  /** Ids with a tombstone, by address; listed after the manifests. */
  readonly tombstones: ReadonlyMap<string, ReadonlySet<BackupId>>;
  /** What records and leases say was committed; read before the manifests. */
  readonly named: readonly NamedBackup[];
}

/**
 * Backups that are gone without a tombstone. The order of reading makes this safe beside running commits and removals: what
 * is named was committed before, and what a sweep removes has had its tombstone for a day.
 */
export async function findLost(repository: Repository, found: FoundManifests): Promise<readonly LostBackup[]> {
  const lost: LostBackup[] = [];
  for (const trace of tracesOf(found)) {
    if (lostBackups(trace).length === 0) continue;
    lost.push(...lostBackups(await lookedAtAgain(repository, trace)));
  }
  return lost;
}

/**
 * With the numbers that tombstones know, and with manifests that the listing passed over because they were made while it ran.
 * Only for what looks like a loss: tombstones stay for ever, and there may be many.
 */
async function lookedAtAgain(repository: Repository, trace: Trace): Promise<Trace> {
  const { address } = trace;
  const names = await repository.names(`manifests/${addressPrefix(address)}/`);
  const now = names.flatMap((name) => parseBackupId(name.replace(/\.json$/, '')) ?? []);
  const sequences = await expiredSequences(repository, address);
  return {
    ...trace,
    accounted: new Map([...now.map((id) => [id, undefined] as const), ...trace.accounted, ...sequences]),
  };
}

function tracesOf({ backups, damaged, tombstones, named }: FoundManifests): readonly Trace[] {
  const present = Map.groupBy(backups, ({ address }) => formatAddress(address));
  const broken = Map.groupBy(damaged, ({ address }) => formatAddress(address));
  const witnesses = Map.groupBy(named, ({ address }) => formatAddress(address));
  const addresses = new Map([...damaged, ...named].map(({ address }) => [formatAddress(address), address]));
  for (const [key, list] of present) if (list[0] !== undefined) addresses.set(key, list[0].address);
  return [...addresses].map(([key, address]) => ({
    address,
    present: present.get(key) ?? [],
    accounted: new Map(
      [...(tombstones.get(key) ?? []), ...(broken.get(key) ?? []).map(({ id }) => id)].map((id) => [id, undefined]),
    ),
    named: new Map((witnesses.get(key) ?? []).map(({ id, sequence }) => [id, sequence])),
  }));
}
