import type { DrillNotRun, DrillNotStored, DrillReport } from '../run/drill-report.ts';
import { errorJson } from './error-json.ts';

/** schemas/drill.v1: the report itself, with nothing added and nothing left out. Ends with a line feed. */
export function drillJson(report: DrillReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

export interface Drilled {
  readonly reports: readonly DrillReport[];
  readonly notRun?: readonly DrillNotRun[];
  readonly notStored?: readonly DrillNotStored[];
}

/** Several drills of one run as one document, and the code that the process exits with. */
export function drillsJson({ reports, notRun = [], notStored = [] }: Drilled, exitCode: number): string {
  const failed = reports.filter((report) => report.verdict === 'failed').length;
  const document = {
    formatVersion: 1,
    kind: 'holdfast.drills',
    drills: reports,
    notRun: notRun.map(({ address, error }) => ({ address, error: errorJson(error) })),
    notStored: notStored.map(({ address, error }) => ({ address, error: errorJson(error) })),
    summary: { passed: reports.length - failed, failed, notRun: notRun.length },
    exit: exitCode,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
