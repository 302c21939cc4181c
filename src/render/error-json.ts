import type { DiagnosticCode } from '../base/codes.ts';
import type { OperationError } from '../base/operation-error.ts';

export interface ErrorJson {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint: string | null;
  /** Whether trying again may help. */
  readonly transient: boolean;
}

/** What of an error goes into a document: never its cause or stack, which may hold what a server or a program said. */
export function errorJson(error: OperationError): ErrorJson {
  return { code: error.code, message: error.message, hint: error.hint ?? null, transient: error.transient };
}
