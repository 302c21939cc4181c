import type { DiagnosticCode } from './codes.ts';

export interface OperationErrorOptions {
  /** Whole sentences: the next step. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Whether trying again may help (a dropped connection, a lock). Only such errors are retried. */
  readonly transient?: boolean;
}

/**
 * The world failed: a server, a disk, a child program. Caught per action in run/ and once in cli/main.
 * `message` is lower case without full stop and never holds a secret or row data.
 */
export class OperationError extends Error {
  override readonly name = 'OperationError';
  readonly code: DiagnosticCode;
  readonly hint: string | undefined;
  readonly transient: boolean;

  constructor(code: DiagnosticCode, summary: string, options: OperationErrorOptions = {}) {
    super(summary, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.transient = options.transient ?? false;
  }
}

/** A state that the code rules out: a bug in Holdfast. Exit code 70. */
export class InternalError extends Error {
  override readonly name = 'InternalError';
}

/** What an unknown thrown value says about itself, in one line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
