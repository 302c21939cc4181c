import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where set-up keeps server trees and where templates of data directories are kept between runs; scripts/setup.sh follows the
 * same rule. As root it lies outside the home directory, because the servers run as another user, who cannot look into /root.
 */
export const cacheDirectory: string =
  process.env['HOLDFAST_TEST_CACHE'] ??
  (process.getuid?.() === 0
    ? '/var/cache/holdfast'
    : join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'holdfast'));
