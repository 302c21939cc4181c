import { OperationError } from '../base/operation-error.ts';

/** What to throw when a signal ended the work: its own reason where that is an OperationError. */
export function stopped(signal: AbortSignal): OperationError {
  const reason: unknown = signal.reason;
  return reason instanceof OperationError ? reason : new OperationError('run/interrupted', 'the run was stopped');
}
