import type { Diagnostic } from '../base/diagnostic.ts';

/** For whoever reads the file: it is not there (`absent`), or it is and cannot be read. */
export function missingSpec(file: string, reason: 'absent' | 'unreadable' = 'absent'): Diagnostic {
  return {
    severity: 'error',
    code: 'spec/not-found',
    summary: reason === 'absent' ? `there is no spec at ${file}` : `the spec at ${file} cannot be read`,
    help:
      reason === 'absent'
        ? 'Write one with `backup init`, or name another file with --file.'
        : 'Check that it is a file and that you may read it.',
  };
}
