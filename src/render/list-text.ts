import { formatAddress } from '../base/address.ts';
import { formatBytes } from '../base/bytes.ts';
import { formatDuration } from '../base/duration.ts';
import type { Instant } from '../base/instant.ts';
import type { BackupSummary } from '../plan/observed.ts';
import { proofOf } from '../plan/proof-level.ts';
import { columns } from './columns.ts';
import type { Listing } from './list-json.ts';
import { escapeControl } from './neutral.ts';
import type { Paint } from './paint.ts';

/** Every backup, by database and newest first: what it holds, and the highest proof it has shown. Ends with a line feed. */
export function listText(
  listings: readonly Listing[],
  { at, paint }: { readonly at: Instant; readonly paint: Paint },
): string {
  return listings.map((listing) => `${listingLines(listing, at, paint).join('\n')}\n`).join('\n');
}

function listingLines({ repository, location, backups }: Listing, at: Instant, paint: Paint): readonly string[] {
  const title = paint.strong(`${escapeControl(repository)} ${escapeControl(location)}`);
  if (backups.length === 0) return [title, '  no backups'];
  const groups = [...Map.groupBy(backups, ({ address }) => formatAddress(address))].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const rows = columns([
    ['id', 'snapshot', 'age', 'tables', 'rows', 'stored', 'proof', 'lacks'],
    ...groups.flatMap(([, list]) => newestFirst(list).map((backup) => cells(backup, at))),
  ]);
  const lines = [title, `    ${paint.faint(rows[0] ?? '')}`];
  let row = 1;
  for (const [address, list] of groups) {
    lines.push(`  ${escapeControl(address)}`);
    for (const backup of newestFirst(list)) {
      const text = rows[row] ?? '';
      lines.push(`    ${proofOf(backup).damaged ? paint.error(text) : text}`);
      row += 1;
    }
  }
  return lines;
}

function newestFirst(backups: readonly BackupSummary[]): readonly BackupSummary[] {
  return backups.toSorted((a, b) => b.snapshotAt - a.snapshotAt);
}

function cells(backup: BackupSummary, at: Instant): readonly string[] {
  const proof = proofOf(backup);
  const age = at - backup.snapshotAt;
  return [
    backup.id,
    time(backup.snapshotAt),
    age < 0 ? 'in the future' : formatDuration(age),
    String(backup.tables),
    String(backup.rows),
    formatBytes(backup.storedBytes),
    `${proof.level} ${time(proof.at)}${proof.damaged ? ' DAMAGED' : ''}`,
    backup.degradations.length === 0
      ? ''
      : `${backup.degradations.length} (${[...new Set(backup.degradations.map(({ code }) => code))].join(', ')})`,
  ];
}

function time(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 16)}Z`;
}
