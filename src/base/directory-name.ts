/** What to do about a location that is no directory. */
export const namesNoDirectory =
  'A repository is a directory on a local or a mounted disk, written out: ~ is not expanded. A directory whose name begins with ~ or has a colon is written ./NAME.';

/**
 * Whether a location names a directory. URLs and remote places (`s3://bucket`, `sftp:host:/path`, `host:/path`) would be
 * taken for directories below the working directory, and so would `~/backups`, which only a shell expands.
 */
export const namesDirectory = (location: string): boolean =>
  location !== '' && !/^(~|[a-z0-9][a-z0-9+.@_-]*:)/i.test(location);
