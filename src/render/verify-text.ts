import { formatAddress } from '../base/address.ts';
import { formatBytes } from '../base/bytes.ts';
import { formatDuration } from '../base/duration.ts';
import type { Verifications, VerifyReport } from '../run/outcome.ts';
import { lostLines, type LostIn } from './lost-lines.ts';
import { escapeControl } from './neutral.ts';
import { notReadLines, type NotRead } from './not-read-lines.ts';
import type { Paint } from './paint.ts';

const proven = {
  L1: 'every stored byte has its checksum',
  L2: 'every file decodes to its end and holds the recorded rows',
} as const satisfies Record<VerifyReport['level'], string>;

export interface Verification extends Verifications {
  /** Backups that nobody can verify any more. */
  readonly lost: readonly LostIn[];
  /** Repositories whose backups nobody knows of now. */
  readonly notRead: readonly NotRead[];
}

/** One line per backup, one more per problem; then the sums. A run that verified nothing says so and proves nothing. */
export function verifyText({ verified: reports, notVerified, lost, notRead }: Verification, paint: Paint): string {
  if (reports.length + notVerified.length + lost.length + notRead.length === 0) return 'No backup was verified.\n';
  const lines = reports.map((report) => {
    const name = `${escapeControl(formatAddress(report.address))}  ${report.backup}`;
    const read = `${report.objects} ${report.objects === 1 ? 'object' : 'objects'}, ${formatBytes(report.storedBytes)} read in ${formatDuration(report.ms)}`;
    const unrecorded =
      report.notRecorded === undefined
        ? []
        : [
            `${paint.warning('! not recorded')}: ${escapeControl(report.notRecorded.message)} [${report.notRecorded.code}]`,
          ];
    const verdict = report.passed
      ? `${paint.success('✓ verified')}  ${name}  ${report.level}: ${proven[report.level]}; ${read}`
      : `${paint.error('✗ DAMAGED ')}  ${name}  ${report.level}: ${read}`;
    return [
      verdict,
      ...[...report.problems.map(escapeControl), ...unrecorded].map((line) => `              ${line}`),
    ].join('\n');
  });
  const damaged = reports.filter((report) => !report.passed).length;
  const unread = notVerified.flatMap(({ address, backup, error }) => [
    `${paint.error('✗ NOT READ')} ${escapeControl(formatAddress(address))}  ${backup}  ${escapeControl(error.message)} [${error.code}]`,
    ...(error.hint === undefined ? [] : [`              ${escapeControl(error.hint)}`]),
  ]);
  const sums = [
    `${reports.length - damaged} verified, ${damaged} damaged`,
    ...(notVerified.length === 0 ? [] : [`${notVerified.length} not read`]),
    ...(lost.length === 0 ? [] : [`${lost.length} lost`]),
    ...(notRead.length === 0
      ? []
      : [`${notRead.length} ${notRead.length === 1 ? 'repository' : 'repositories'} not read`]),
  ].join(', ');
  const next =
    'Next: run `backup apply`. It makes new backups of these databases; the damaged ones stay until a good one replaces them.';
  return `${[...lines, ...unread, ...lostLines(lost, paint), ...notReadLines(notRead, paint), '', `${sums}.`, ...(damaged > 0 ? [next] : [])].join('\n')}\n`;
}
