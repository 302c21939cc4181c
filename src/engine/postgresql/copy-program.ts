import { createHash } from 'node:crypto';
import { countNewlines } from '../../codec/count-newlines.ts';
import { startCommand } from '../../system/run.ts';
import { withScratch } from '../../system/scratch.ts';
import type { ServerAccess } from '../server-access.ts';
import { findClient } from './clients.ts';
import { libpqEnvironment } from './session.ts';

export interface CopyRequest {
  readonly server: ServerAccess;
  readonly database: string;
  readonly versionNumber: number;
  /** Statements that go before, each one without a result. */
  readonly settings: string;
  /** `COPY … TO STDOUT` in text format. */
  readonly copy: string;
  readonly signal: AbortSignal;
}

/**
 * Rows and sha256 of a COPY, by psql: the driver makes an object of every row, which costs more than all the rest where
 * there are millions. `-c` hands a statement to the server as it is; nothing in a name is read as a psql command or variable (manual, psql).
 */
export async function hashByProgram(request: CopyRequest): Promise<{ readonly rows: number; readonly digest: string }> {
  const { server, database, versionNumber, settings, copy, signal } = request;
  const client = await findClient('psql', Math.floor(versionNumber / 10_000), server.clients);
  return withScratch('compare', async (scratch) => {
    const connection = await libpqEnvironment(server, database, scratch);
    // A superuser may look into a database whose preloaded library is not installed here.
    const env = { ...connection, PGOPTIONS: `${connection['PGOPTIONS'] ?? ''} -c session_preload_libraries=` };
    const args = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-c', settings, '-c', copy];
    const hash = createHash('sha256');
    let rows = 0;
    for await (const piece of startCommand({ program: client.path, args, env, stdout: 'stream', signal })
      .stdout as AsyncIterable<Buffer>) {
      rows += countNewlines(piece);
      hash.update(piece);
    }
    return { rows, digest: hash.digest('hex') };
  });
}
