import { parseInstant, type Instant } from '../base/instant.ts';
import { OperationError } from '../base/operation-error.ts';
import type { BackupId } from '../manifest/keys.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { BackupSummary } from '../plan/observed.ts';

/** A backup as its manifest alone tells it. */
export type ManifestSummary = Omit<BackupSummary, 'verified' | 'drilled'>;

/** Throws `repository/manifest-invalid` where a time is none. */
export function summarise(manifest: Manifest): ManifestSummary {
  const time = (text: string): Instant => {
    const at = parseInstant(text);
    if (at === undefined)
      throw new OperationError(
        'repository/manifest-invalid',
        `manifest ${manifest.id} is not valid: ${JSON.stringify(text.slice(0, 40))} is no time`,
      );
    return at;
  };
  const { totals, access, source } = manifest;
  return {
    id: manifest.id as BackupId,
    address: { server: manifest.address.server, database: manifest.address.database },
    sequence: manifest.sequence,
    previous: manifest.previous as BackupId | null,
    snapshotAt: time(manifest.snapshot.time),
    tookMs: time(manifest.finishedAt) - time(manifest.startedAt),
    plainBytes: totals.plainBytes,
    storedBytes: totals.storedBytes,
    tables: totals.tables,
    rows: totals.rows,
    serverVersion: source.version,
    holds: manifest.holds,
    accessFingerprint: access.fingerprint,
    passwords: access.passwords,
    degradations: manifest.degradations,
    committedAt: time(manifest.finishedAt),
  };
}
