import type { DrillNotRun, DrillReport } from '../run/drill-report.ts';
import { errorJson } from './error-json.ts';

/** schemas/drill.v1: the report itself, with nothing added and nothing left out. Ends with a line feed. */
export function drillJson(report: DrillReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** Several drills of one run as one document, and the code that the process exits with. */
export function drillsJson(
  reports: readonly DrillReport[],
  exitCode: number,
  notRun: readonly DrillNotRun[] = [],
): string {
  const failed = reports.filter((report) => report.verdict === 'failed').length;
  const document = {
    formatVersion: 1,
    kind: 'holdfast.drills',
    drills: reports,
    notRun: notRun.map(({ address, error }) => ({ address, error: errorJson(error) })),
    summary: { passed: reports.length - failed, failed, notRun: notRun.length },
    exit: exitCode,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
