import type { Diagnostic } from './diagnostic.ts';
import { messageOf, type OperationError } from './operation-error.ts';

/** An error of the world as something to tell, where it is a part of an answer. */
export function diagnosticOf(
  error: OperationError,
  about: Readonly<Pick<Diagnostic, 'subject' | 'place'>> = {},
): Diagnostic {
  return {
    severity: 'error',
    code: error.code,
    summary: messageOf(error),
    ...about,
    ...(error.hint === undefined ? {} : { help: error.hint }),
  };
}
