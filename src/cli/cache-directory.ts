import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Where indexes that can be made anew are kept. XDG_CACHE_HOME counts only as an absolute path (XDG Base Directory
 * Specification, "Environment variables"); so does a home directory.
 */
export function cacheDirectoryOf(
  env: Readonly<Record<string, string | undefined>>,
  home: () => string = homedir,
): string {
  const wanted = env['XDG_CACHE_HOME'] ?? '';
  return join(isAbsolute(wanted) ? wanted : join(homeOf(home), '.cache'), 'holdfast');
}

/** A user without an entry in passwd and without HOME, as in many containers, has none; without a cache all is read anew. */
function homeOf(home: () => string): string {
  try {
    const found = home();
    return isAbsolute(found) ? found : '/';
  } catch {
    return '/';
  }
}
