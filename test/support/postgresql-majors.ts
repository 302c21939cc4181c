import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from './cache.ts';

/** The major versions that every test of the PostgreSQL engine runs on; scripts/setup.sh fetches them. */
export const wantedMajors: readonly number[] = [15, 17, 18];

/** Folder with the server's and the clients' programs of one major version; undefined where it is not installed. */
export function binariesOf(major: number): string | undefined {
  const places = [
    join(cacheDirectory, 'servers', `postgresql-${major}`, 'root/usr/lib/postgresql', String(major), 'bin'),
    join('/usr/lib/postgresql', String(major), 'bin'),
  ];
  const place = places.find((each) => existsSync(join(each, 'initdb')) && existsSync(join(each, 'pg_dump')));
  // The real folder: set-up may point the name at a newer one while a test runs.
  return place === undefined ? undefined : realpathSync(place);
}

/** Those that this machine has. */
export const majors: readonly number[] = wantedMajors.filter((major) => binariesOf(major) !== undefined);
