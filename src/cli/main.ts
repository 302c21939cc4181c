#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { version } from './version.ts';

// `--version` is what scripts call in loops: it answers before anything else is loaded.
if (process.argv.length === 3 && process.argv[2] === '--version') process.stdout.write(`${version}\n`);
else {
  enableCompileCache();
  const { main } = await import('./program.ts');
  await main(process.argv.slice(2));
}
