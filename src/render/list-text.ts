import { formatAddress } from '../base/address.ts';
import { formatBytes } from '../base/bytes.ts';
import { formatDuration } from '../base/duration.ts';
import type { Instant } from '../base/instant.ts';
import { dataGoesAt } from '../plan/grace.ts';
import { newestFirst } from '../plan/history.ts';
import type { BackupSummary } from '../plan/observed.ts';
import { proofOf } from '../plan/proof-level.ts';
import { columns } from './columns.ts';
import { lostLines, type LostIn } from './lost-lines.ts';
import { escapeControl } from './neutral.ts';
import { notReadLines, type NotRead } from './not-read-lines.ts';
import type { Paint } from './paint.ts';
import { unreadableLines, type UnreadableIn } from './unreadable-lines.ts';

/** A backup and the location of its repository. */
export interface ListedBackup extends BackupSummary {
  readonly location: string;
}

export interface Listing {
  readonly backups: readonly ListedBackup[];
  readonly lost: readonly LostIn[];
  readonly unreadable: readonly UnreadableIn[];
  readonly notRead: readonly NotRead[];
}

/**
 * Every backup, by database and newest first: what it holds, and the highest proof it has shown. Expired ones, whose data
 * is still there, only with `verbose`. Those that are gone without having expired or whose manifest cannot be read are never
 * left out, nor are repositories that could not be read. Ends with a line feed.
 */
export function listText(
  { backups: all, lost, unreadable, notRead }: Listing,
  { at, paint, verbose = false }: { readonly at: Instant; readonly paint: Paint; readonly verbose?: boolean },
): string {
  const backups = verbose ? all : all.filter(({ expiredAt }) => expiredAt === undefined);
  const missing = [...unreadableLines(unreadable, paint), ...lostLines(lost, paint), ...notReadLines(notRead, paint)];
  const none = notRead.length === 0 ? 'No backups.' : 'No backups in what could be read.';
  const listed = backups.length === 0 ? [none] : tableOf(backups, at, paint);
  return `${[...listed, ...(missing.length === 0 ? [] : ['', ...missing])].join('\n')}\n`;
}

/** Where backups of several repositories are listed, each line says which one has it. */
function tableOf(backups: readonly ListedBackup[], at: Instant, paint: Paint): readonly string[] {
  const groups = [...Map.groupBy(backups, ({ address }) => formatAddress(address))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([address, list]) => [address, list.toSorted(newestFirst)] as const);
  const inOrder = groups.flatMap(([, list]) => list);
  const several = new Set(backups.map(({ location }) => location)).size > 1;
  const [head = '', ...rows] = columns([
    ['id', 'snapshot', 'age', 'tables', 'rows', 'stored', 'proof', ...(several ? ['repository'] : []), 'lacks'],
    ...inOrder.map((backup) => cells(backup, { at, several })),
  ]);
  const row = new Map(inOrder.map((backup, index) => [backup, rows[index] ?? '']));
  const line = (backup: ListedBackup): string =>
    `  ${proofOf(backup).damaged ? paint.error(row.get(backup) ?? '') : (row.get(backup) ?? '')}`;
  return [
    `  ${paint.faint(head)}`,
    ...groups.flatMap(([address, list]) => [paint.strong(escapeControl(address)), ...list.map(line)]),
  ];
}

function cells(
  backup: ListedBackup,
  { at, several }: { readonly at: Instant; readonly several: boolean },
): readonly string[] {
  const proof = proofOf(backup);
  const age = at - backup.snapshotAt;
  return [
    backup.id,
    time(backup.snapshotAt),
    age < 0 ? 'in the future' : formatDuration(age),
    String(backup.tables),
    String(backup.rows),
    formatBytes(backup.storedBytes),
    `${proof.level} ${time(proof.at)}${proof.damaged ? ' DAMAGED' : ''}${expiredWords(backup)}`,
    ...(several ? [escapeControl(backup.location)] : []),
    backup.degradations.length === 0
      ? ''
      : `${backup.degradations.length} (${[...new Set(backup.degradations.map(({ code }) => code))].join(', ')})`,
  ];
}

function expiredWords({ expiredAt }: BackupSummary): string {
  return expiredAt === undefined ? '' : ` EXPIRED, data goes after ${time(dataGoesAt(expiredAt))}`;
}

function time(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 16)}Z`;
}
