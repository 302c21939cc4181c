import { imageFor } from './docker.ts';
import { majors, wantedMajors } from './postgresql-majors.ts';

/** Says before the first test which servers the run covers. A run that lacks one proves less: with CI set it fails. */
export default async function announceServers(): Promise<void> {
  const absent = wantedMajors.filter((major) => !majors.includes(major)).map((major) => `PostgreSQL ${major}`);
  const image = await imageFor(wantedMajors[0] ?? 15);
  if (image === undefined) absent.push('Docker with its images');
  console.log(
    `Tests run on PostgreSQL ${majors.join(', ') || 'NONE'}${image === undefined ? '' : ` and in Docker (${image})`}.`,
  );
  if (absent.length === 0) return;
  const text = `MISSING: ${absent.join(', ')}. Nothing is tested on it. Run: sh scripts/setup.sh test`;
  if (process.env['CI']) throw new Error(text);
  console.warn(`\n  !!  ${text}\n`);
}
