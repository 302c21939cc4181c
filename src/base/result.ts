import type { Diagnostic } from './diagnostic.ts';

/** The outcome of reading untrusted input: the value, or every reason why there is none. */
export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export function ok<T>(value: T, warnings: readonly Diagnostic[] = []): Result<T> {
  return { ok: true, value, warnings };
}

export function failed(diagnostics: readonly Diagnostic[]): {
  readonly ok: false;
  readonly diagnostics: readonly Diagnostic[];
} {
  return { ok: false, diagnostics };
}
