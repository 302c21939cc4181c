import type { VerifyReport } from '../run/outcome.ts';

/** One JSON document: every verified backup, the sums, and the code that the process exits with. */
export function verifyJson(reports: readonly VerifyReport[], exitCode: number): string {
  const passed = reports.filter((report) => report.passed).length;
  const document = {
    formatVersion: 1,
    kind: 'holdfast.verify',
    backups: reports,
    summary: { passed, failed: reports.length - passed },
    exit: exitCode,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
