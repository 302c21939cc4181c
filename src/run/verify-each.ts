import { formatAddress } from '../base/address.ts';
import { formatBytes } from '../base/bytes.ts';
import { messageOf, OperationError } from '../base/operation-error.ts';
import type { NotVerified, Verifications, VerifyReport } from './outcome.ts';
import type { Tools } from './tools.ts';
import { verifyBackup, type VerifyRequest } from './verify.ts';

/** Verifies backups one after another, and tells of each. One that cannot be read holds up none of the others. */
export async function verifyEach(
  requests: readonly Omit<VerifyRequest, 'key'>[],
  tools: Tools,
): Promise<Verifications> {
  const verified: VerifyReport[] = [];
  const notVerified: NotVerified[] = [];
  for (const request of requests) {
    try {
      verified.push(await verifyOne(request, tools));
    } catch (error) {
      if (!(error instanceof OperationError) || tools.signal.aborted) throw error;
      notVerified.push({ address: request.address, backup: request.backup, error });
    }
  }
  return { verified, notVerified };
}

async function verifyOne(request: Omit<VerifyRequest, 'key'>, tools: Tools): Promise<VerifyReport> {
  const subject = `${formatAddress(request.address)} ${request.backup}`;
  const key = `verify:${subject}`;
  const since = tools.clock.monotonicMs();
  const finish = (outcome: 'done' | 'failed', summary: string): void => {
    const ms = Math.round(tools.clock.monotonicMs() - since);
    tools.emit({ kind: 'finished', key, outcome, ms, summary });
  };
  tools.emit({ kind: 'started', key, title: `verify ${subject}` });
  try {
    const report = await verifyBackup({ ...request, key }, tools);
    if (report.passed) finish('done', `${report.level} holds for ${formatBytes(report.storedBytes)}`);
    else finish('failed', report.problems[0] ?? 'damaged');
    return report;
  } catch (error) {
    finish('failed', messageOf(error));
    throw error;
  }
}
