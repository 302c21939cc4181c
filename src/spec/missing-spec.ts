import type { Diagnostic } from '../base/diagnostic.ts';

/** For whoever reads the file: it is not there (`absent`), or it is and cannot be read. */
export function missingSpec(file: string, reason: 'absent' | 'unreadable' = 'absent'): Diagnostic {
  return {
    severity: 'error',
    code: 'spec/not-found',
    summary: reason === 'absent' ? `there is no spec at ${file}` : `the spec at ${file} cannot be read`,
    help:
      reason === 'absent'
        ? 'Write one (README.md and examples/ show how), or name another file with --spec.'
        : 'Check that it is a file and that you may read it.',
  };
}
