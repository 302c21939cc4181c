import type { Diagnostic } from '../base/diagnostic.ts';

/** Carries the diagnostics of wrong input up to the one place that prints them. */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => diagnostic.summary).join('; '));
    this.diagnostics = diagnostics;
  }
}

/** One usage error, for what yargs cannot check. */
export function invalidUsage(summary: string, help?: string): InvalidInput {
  return new InvalidInput([
    { severity: 'error', code: 'usage/invalid', summary, ...(help === undefined ? {} : { help }) },
  ]);
}
