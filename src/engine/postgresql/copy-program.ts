import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { countNewlines } from '../../codec/count-newlines.ts';
import { release } from '../../codec/release.ts';
import { startCommand } from '../../system/run.ts';
import type { ServerAccess } from '../server-access.ts';
import { findClient } from './clients.ts';
import { libpqEnvironment } from './libpq-environment.ts';
import { newerSettings } from './session-settings.ts';

export interface CopyProgramRequest {
  readonly server: ServerAccess;
  readonly database: string;
  readonly versionNumber: number;
  /** Statements that go before each COPY, each one without a result. */
  readonly settings: string;
  /** For the password file; outlives every COPY. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

export interface CopyProgram {
  /** Text of `COPY … TO STDOUT`. */
  readonly stream: (copy: string) => Readable;
  /** Its rows and sha256. */
  readonly hash: (copy: string) => Promise<{ readonly rows: number; readonly digest: string }>;
}

/**
 * COPY by psql: the driver makes an object of every row, which costs more than all the rest where there are millions.
 * `-c` hands a statement to the server as it is; nothing in a name is read as a psql command or variable (manual, psql).
 */
export async function copyProgram(request: CopyProgramRequest): Promise<CopyProgram> {
  const { server, database, versionNumber, settings, scratch, signal } = request;
  const major = Math.floor(versionNumber / 10_000);
  const client = await findClient('psql', major, server.clients);
  const connection = await libpqEnvironment(server, database, scratch);
  // A superuser may look into a database whose preloaded library is not installed here.
  const options = `${connection['PGOPTIONS'] ?? ''}${newerSettings(major)} -c session_preload_libraries=`;
  const env = { ...connection, PGOPTIONS: options };
  const stream = (copy: string): Readable => {
    const args = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-c', settings, '-c', copy];
    return startCommand({ program: client.path, args, env, stdout: 'stream', signal }).stdout;
  };
  return {
    stream,
    async hash(copy) {
      const hash = createHash('sha256');
      let rows = 0;
      const output = stream(copy);
      // Not an iterator: that one joins what has come meanwhile into new buffers.
      output.on('data', (piece: Buffer) => {
        rows += countNewlines(piece);
        hash.update(piece);
        release(piece);
      });
      await finished(output);
      return { rows, digest: hash.digest('hex') };
    },
  };
}
