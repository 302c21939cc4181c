import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const program = pathToFileURL(join(import.meta.dirname, '../fixtures/programs/limit-at-signal.ts'));

/** Environment of a run of the tool in which this `dump.timeout` is over at SIGUSR2, and at no time before. */
export const limitAtSignal = (timeoutMs: number): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import ${program.href}`,
  LIMIT_MS: String(timeoutMs),
});
