import { isoTime, type Instant } from '../base/instant.ts';
import { dataGoesAt } from '../plan/grace.ts';
import { newestFirst } from '../plan/history.ts';
import type { BackupSummary } from '../plan/observed.ts';
import { proofOf } from '../plan/proof-level.ts';
import type { Backup, ListDocument } from './list-document.gen.ts';
import type { ListedBackup, Listing } from './list-text.ts';
import { lostJson } from './lost-lines.ts';
import { notReadJson } from './not-read-lines.ts';
import { unreadableJson } from './unreadable-lines.ts';

/** schemas/list.v1: everything that the listing knows of every backup, newest first. Ends with a line feed. */
export function listJson({ backups, lost, unreadable, notRead }: Listing, at: Instant): string {
  const document: ListDocument = {
    formatVersion: 1,
    kind: 'holdfast.backups',
    createdAt: isoTime(at),
    backups: backups.toSorted(newestFirst).map((backup) => backupDocument(backup, at)),
    lost: lost.map(lostJson),
    unreadable: unreadable.map(unreadableJson),
    repositoriesNotRead: notRead.map(notReadJson),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function backupDocument(backup: ListedBackup, at: Instant): Backup {
  const proof = proofOf(backup);
  return {
    id: backup.id,
    address: { server: backup.address.server, database: backup.address.database },
    repository: backup.location,
    sequence: backup.sequence,
    previous: backup.previous,
    snapshotAt: isoTime(backup.snapshotAt),
    ageMs: Math.max(0, at - backup.snapshotAt),
    committedAt: isoTime(backup.committedAt),
    tookMs: backup.tookMs,
    serverVersion: backup.serverVersion,
    tables: backup.tables,
    rows: backup.rows,
    plainBytes: backup.plainBytes,
    storedBytes: backup.storedBytes,
    holds: holdsJson(backup.holds),
    degradations: backup.degradations.map(({ code, subject, detail }) => ({ code, subject, detail })),
    // Null for a backup that counts.
    expired:
      backup.expiredAt === undefined
        ? null
        : { at: isoTime(backup.expiredAt), dataGoesAt: isoTime(dataGoesAt(backup.expiredAt)) },
    proof: { level: proof.level, at: isoTime(proof.at), damaged: proof.damaged },
    verified:
      backup.verified === undefined
        ? null
        : { at: isoTime(backup.verified.at), level: backup.verified.level, passed: backup.verified.passed },
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

function holdsJson({ roles, passwords, ...lists }: BackupSummary['holds']): Backup['holds'] {
  return {
    roles,
    passwords,
    include: [...lists.include],
    exclude: [...lists.exclude],
    excludedTables: [...lists.excludedTables],
    excludedTableData: [...lists.excludedTableData],
  };
}
