#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { version } from './version.ts';

// `--version` is what scripts call in loops: it answers before anything else is loaded.
if (process.argv.length === 3 && process.argv[2] === '--version') process.stdout.write(`${version}\n`);
else {
  // Not in the shared temporary directory, where Node would put it: what lies there is run as this user.
  const { cacheDirectoryOf } = await import('./cache-directory.ts');
  enableCompileCache(join(cacheDirectoryOf(process.env), 'compiled'));
  const { main } = await import('./program.ts');
  await main(process.argv.slice(2));
}
