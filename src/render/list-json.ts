import { isoTime, type Instant } from '../base/instant.ts';
import { dataGoesAt } from '../plan/grace.ts';
import type { BackupSummary } from '../plan/observed.ts';
import { proofOf } from '../plan/proof-level.ts';
import type { Listing } from './list-text.ts';
import { lostJson } from './lost-lines.ts';

/** Everything that the listing knows of every backup, newest first. Ends with a line feed. */
export function listJson({ backups, lost }: Listing, at: Instant): string {
  const document = {
    formatVersion: 1,
    kind: 'holdfast.backups',
    createdAt: isoTime(at),
    backups: backups.toSorted((a, b) => b.snapshotAt - a.snapshotAt).map((backup) => backupDocument(backup, at)),
    lost: lost.map(lostJson),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function backupDocument(backup: BackupSummary, at: Instant): Readonly<Record<string, unknown>> {
  const proof = proofOf(backup);
  return {
    id: backup.id,
    address: backup.address,
    sequence: backup.sequence,
    snapshotAt: isoTime(backup.snapshotAt),
    ageMs: Math.max(0, at - backup.snapshotAt),
    committedAt: isoTime(backup.committedAt),
    tookMs: backup.tookMs,
    serverVersion: backup.serverVersion,
    tables: backup.tables,
    rows: backup.rows,
    plainBytes: backup.plainBytes,
    storedBytes: backup.storedBytes,
    holds: backup.holds,
    degradations: backup.degradations,
    // Null for a backup that counts.
    expired:
      backup.expiredAt === undefined
        ? null
        : { at: isoTime(backup.expiredAt), dataGoesAt: isoTime(dataGoesAt(backup.expiredAt)) },
    proof: { level: proof.level, at: isoTime(proof.at), damaged: proof.damaged },
    verified: backup.verified === undefined ? null : { ...backup.verified, at: isoTime(backup.verified.at) },
    drilled:
      backup.drilled === undefined
        ? null
        : {
            passed: backup.drilled.passed,
            level: backup.drilled.level ?? null,
            restoreMs: backup.drilled.restoreMs ?? null,
            at: isoTime(backup.drilled.at),
          },
  };
}
