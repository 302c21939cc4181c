import type { VerifyReport } from '../run/outcome.ts';
import { errorJson } from './error-json.ts';
import { lostJson } from './lost-lines.ts';
import { notReadJson } from './not-read-lines.ts';
import type { Verified, VerifyDocument } from './verify-document.gen.ts';
import type { Verification } from './verify-text.ts';

/**
 * schemas/verify.v1: every verified backup, the lost ones, the sums, and the code that the process exits with. Ends with a
 * line feed.
 */
export function verifyJson({ verified, notVerified, lost, notRead }: Verification, exitCode: number): string {
  const passed = verified.filter((report) => report.passed).length;
  const document: VerifyDocument = {
    formatVersion: 1,
    kind: 'holdfast.verify',
    backups: verified.map(reportJson),
    notVerified: notVerified.map(({ address: { server, database }, backup, error }) => ({
      address: { server, database },
      backup,
      error: errorJson(error),
    })),
    lost: lost.map(lostJson),
    repositoriesNotRead: notRead.map(notReadJson),
    summary: {
      passed,
      failed: verified.length - passed,
      notVerified: notVerified.length,
      lost: lost.length,
    },
    exit: exitCode,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function reportJson({ address, problems, notRecorded, ...report }: VerifyReport): Verified {
  return {
    address: { server: address.server, database: address.database },
    ...report,
    problems: [...problems],
    notRecorded: notRecorded === undefined ? null : errorJson(notRecorded),
  };
}
