import type { DrillReport } from '../run/drill-report.ts';

/** schemas/drill.v1: the report itself, with nothing added and nothing left out. Ends with a line feed. */
export function drillJson(report: DrillReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** Several drills of one run as one document, and the code that the process exits with. */
export function drillsJson(reports: readonly DrillReport[], exitCode: number): string {
  const failed = reports.filter((report) => report.verdict === 'failed').length;
  const document = {
    formatVersion: 1,
    kind: 'holdfast.drills',
    drills: reports,
    summary: { passed: reports.length - failed, failed },
    exit: exitCode,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
