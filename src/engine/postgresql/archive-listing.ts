import { createInterface } from 'node:readline';
import { startCommand } from '../../system/run.ts';

export interface Listing {
  /** Path of pg_restore. */
  readonly restore: string;
  /** The directory archive. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly onStderrLine?: (line: string) => void;
}

/**
 * The table of contents through the vendor's own reader. Each line starts `dumpId; catalogOid oid DESCRIPTION …`; pg_restore
 * replaces line breaks in names, so a name cannot forge a line. Throws as a command does.
 */
export async function* archiveListing({ restore, directory, signal, ...rest }: Listing): AsyncGenerator<string> {
  const started = startCommand({ program: restore, args: ['--list', directory], stdout: 'stream', signal, ...rest });
  yield* createInterface({ input: started.stdout, crlfDelay: Number.POSITIVE_INFINITY });
  await started.done;
}
