import { lostJson } from './lost-lines.ts';
import type { Verification } from './verify-text.ts';

/** One JSON document: every verified backup, the sums, and the code that the process exits with. */
export function verifyJson({ verified: reports, lost }: Verification, exitCode: number): string {
  const passed = reports.filter((report) => report.passed).length;
  const document = {
    formatVersion: 1,
    kind: 'holdfast.verify',
    backups: reports,
    lost: lost.map(lostJson),
    summary: { passed, failed: reports.length - passed, lost: lost.length },
    exit: exitCode,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
