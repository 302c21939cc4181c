import { majors, wantedMajors } from './postgresql-majors.ts';

/** Says before the first test which servers the run covers. A run that lacks one proves less: with CI set it fails. */
export default function announceServers(): void {
  const missing = wantedMajors.filter((major) => !majors.includes(major));
  console.log(`PostgreSQL servers for these tests: ${majors.join(', ') || 'NONE'}`);
  if (missing.length === 0) return;
  const text = `PostgreSQL ${missing.join(' and ')} MISSING: nothing is tested on it. Run: sh scripts/setup.sh test`;
  if (process.env['CI']) throw new Error(text);
  console.warn(`\n  !!  ${text}\n`);
}
