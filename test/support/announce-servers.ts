import { imageFor, mysqlImageFor } from './docker.ts';
import { flavours, wantedFlavours } from './mysql-flavours.ts';
import { majors, wantedMajors } from './postgresql-majors.ts';

/** Says before the first test which servers the run covers. A run that lacks one proves less: with CI set it fails. */
export default async function announceServers(): Promise<void> {
  const here = [...majors.map((major) => `PostgreSQL ${major}`), ...flavours.map(nameOf)];
  const wanted = [...wantedMajors.map((major) => `PostgreSQL ${major}`), ...wantedFlavours.map(nameOf)];
  const absent = wanted.filter((name) => !here.includes(name));
  const images = await Promise.all([...wantedMajors.map(imageFor), ...wantedFlavours.map(mysqlImageFor)]);
  const inDocker = images.filter((name) => name !== undefined);
  if (inDocker.length < images.length) absent.push('Docker with all of its images');
  console.log(
    `Tests run on ${here.join(', ') || 'NO SERVER'}${inDocker.length === 0 ? '' : ` and in Docker (${inDocker.length} images)`}.`,
  );
  if (absent.length === 0) return;
  const text = `MISSING: ${absent.join(', ')}. Nothing is tested on it. Run: sh scripts/setup.sh test`;
  if (process.env['CI']) throw new Error(text);
  console.warn(`\n  !!  ${text}\n`);
}

function nameOf({ engine, version }: (typeof wantedFlavours)[number]): string {
  return `${engine === 'mysql' ? 'MySQL' : 'MariaDB'} ${version}`;
}
