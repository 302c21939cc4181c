import { formatAddress, type Address } from '../base/address.ts';
import { OperationError } from '../base/operation-error.ts';
import { asOperationError } from './apply.ts';
import { drill } from './drill.ts';
import type { DrillNotRun, DrillNotStored, DrillReport } from './drill-report.ts';
import type { DrillRequest } from './drill-request.ts';
import type { Tools } from './tools.ts';

/** What is known of a drill before it starts: all of it, or why there can be none. */
export type DrillIntent = DrillRequest | DrillNotRun;

export interface Drills {
  readonly reports: readonly DrillReport[];
  readonly notRun: readonly DrillNotRun[];
  readonly notStored: readonly DrillNotStored[];
}

/**
 * Drills one after another: each needs the machine's whole input and output, and an honest RTO. One that shows nothing
 * about its backup (no backup yet, no target, a guard that refuses) is named and holds up none of the others. After a
 * signal none starts. Throws nothing.
 */
export async function drillEach(intents: readonly DrillIntent[], tools: Tools): Promise<Drills> {
  const reports: DrillReport[] = [];
  const notStored: DrillNotStored[] = [];
  const notRun: DrillNotRun[] = [];
  for (const intent of intents) {
    if ('error' in intent) {
      notRun.push(intent);
      continue;
    }
    const since = tools.clock.monotonicMs();
    try {
      tools.signal.throwIfAborted();
      const done = await drill(intent, tools);
      reports.push(done.report);
      if (done.notStored !== undefined) notStored.push(done.notStored);
    } catch (error) {
      const failure = notRunBecause(intent.address, error, tools.signal);
      notRun.push(failure);
      tools.emit({
        kind: 'finished',
        key: `drill:${formatAddress(intent.address)}`,
        outcome: 'failed',
        ms: Math.round(tools.clock.monotonicMs() - since),
        summary: failure.error.message,
      });
    }
  }
  return { reports, notRun, notStored };
}

function notRunBecause(address: Address, error: unknown, signal: AbortSignal): DrillNotRun {
  return {
    address,
    error: signal.aborted
      ? new OperationError('run/interrupted', 'stopped by a signal', { cause: error })
      : asOperationError(error),
  };
}
