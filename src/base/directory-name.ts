/** What to do about a location that is no directory. */
export const namesNoDirectory =
  'A repository is a directory on a local or a mounted disk. A directory with a colon in its name is written ./NAME.';

/**
 * Whether a location names a directory. URLs and remote places (`s3://bucket`, `sftp:host:/path`, `host:/path`) would be taken for
 * directories below the working directory.
 */
export const namesDirectory = (location: string): boolean =>
  location !== '' && !/^[a-z0-9][a-z0-9+.@_-]+:/i.test(location);
