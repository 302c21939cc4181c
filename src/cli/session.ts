import { secretSource } from '../secret/secret-source.ts';
import type { SecretSource } from '../secret/source.ts';
import type { Tools } from '../run/tools.ts';
import { sweepScratch } from '../system/scratch.ts';
import { compose } from './compose.ts';
import type { Context } from './context.ts';
import type { GlobalOptions } from './global-options.ts';
import { openProgress } from './progress.ts';

/**
 * Runs one command's work with its tools: progress is shown while it runs and always ended, secrets that were revealed are
 * known to the log's redaction, and scratch space of runs that were killed is removed first.
 */
export async function withTools<T>(
  options: GlobalOptions,
  context: Context,
  work: (tools: Tools) => Promise<T>,
): Promise<T> {
  const revealed = new Set<string>();
  const progress = await openProgress(options, context, revealed);
  try {
    await sweepScratch();
    return await work(compose(context, progress.emit, remembering(secretSource({ env: context.env }), revealed)));
  } finally {
    await progress.close();
  }
}

function remembering(source: SecretSource, revealed: Set<string>): SecretSource {
  return {
    async read(reference) {
      const secret = await source.read(reference);
      revealed.add(secret.reveal());
      return secret;
    },
  };
}
