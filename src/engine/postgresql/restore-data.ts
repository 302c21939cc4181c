import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../../base/operation-error.ts';
import { runCommand } from '../../system/run.ts';
import { withScratch } from '../../system/scratch.ts';
import type { ServerAccess } from '../server-access.ts';
import { findClient } from './clients.ts';
import { restoreFailure } from './restore-error.ts';
import { restorePasses } from './restore-passes.ts';
import { libpqEnvironment } from './libpq-environment.ts';
import { textSettings } from './session-settings.ts';
import { silentSettings } from './silent-session.ts';

export interface DataRequest {
  readonly database: string;
  /** The directory archive. */
  readonly directory: string;
  readonly jobs: number;
  /** `server_version_num` of the target. */
  readonly versionNumber: number;
  readonly superuser: boolean;
  /** Whether the archive has any. */
  readonly eventTriggers: boolean;
  /** Leave tablespaces out: everything goes to the database's default. */
  readonly useDefaultTablespace: boolean;
  readonly signal: AbortSignal;
}

/**
 * Runs pg_restore into an existing, empty database, pass by pass, and stops at its first error: throws `restore/failed` with
 * the object and the server's words, where those cannot hold data.
 *
 * At least two jobs: with one, rows of a table come back in another order than they were dumped (measured), and then the
 * restored content can only be compared without its order. `--enable-row-security`: with row security off, materialised views
 * over tables with FORCE ROW LEVEL SECURITY cannot be filled. The database's name goes through the environment: as an
 * argument it could be read as a connection string (manual, pg_restore, `--dbname`).
 */
export async function restoreData(server: ServerAccess, request: DataRequest): Promise<void> {
  const { database, directory, versionNumber, signal } = request;
  const client = await findClient('pg_restore', Math.floor(versionNumber / 10_000), server.clients);
  const failure = restoreFailure();
  await withScratch('pg-restore', async (scratch) => {
    const env = { ...(await libpqEnvironment(server, database, scratch)), PGOPTIONS: options(request) };
    const args = ['--dbname=', '--exit-on-error', '--enable-row-security', '--verbose'];
    if (request.useDefaultTablespace) args.push('--no-tablespaces');
    const onStderrLine = (line: string): void => failure.line(line);
    try {
      for (const { name, ids, inOrder } of await restorePasses({
        restore: client.path,
        directory,
        signal,
        onStderrLine,
      })) {
        const list = join(scratch, name);
        await writeFile(list, ids.map((id) => `${id}\n`).join(''));
        const jobs = inOrder ? [] : [`--jobs=${Math.max(2, request.jobs)}`];
        await runCommand({
          program: client.path,
          args: [...args, ...jobs, `--use-list=${list}`, directory],
          env,
          signal,
          onStderrLine,
        });
      }
    } catch (error) {
      if (signal.aborted || !(error instanceof OperationError) || error.code !== 'process/failed') throw error;
      throw new OperationError('restore/failed', failure.summary() ?? error.message, {
        hint: 'The database on the target is incomplete. Its name and the object above say where it stopped; nothing is retried.',
        cause: error,
      });
    }
  });
}

/**
 * Settings that the database or its roles may have and that would change or stop a restore: a read-only default, `SET role`,
 * a library that is not installed, replication role, time-outs. And event triggers, which would hear of what comes after them:
 * from 17 on they have a setting; before, those of extensions keep quiet in the session of a replica, where foreign keys are
 * checked all the same when they are added.
 */
function options({ versionNumber, superuser, eventTriggers }: DataRequest): string {
  const values: Record<string, string> = {
    role: 'none',
    default_transaction_read_only: 'off',
    default_transaction_deferrable: 'off',
    default_transaction_isolation: 'read committed',
    statement_timeout: '0',
    lock_timeout: '0',
    idle_in_transaction_session_timeout: '0',
    idle_session_timeout: '0',
    synchronize_seqscans: 'off',
    transform_null_equals: 'off',
    ...textSettings,
  };
  if (superuser) {
    values['session_preload_libraries'] = '';
    values['session_replication_role'] = eventTriggers && versionNumber < 170_000 ? 'replica' : 'origin';
    // Rows and passwords of foreign servers pass through here.
    Object.assign(values, silentSettings);
    if (versionNumber >= 170_000) values['event_triggers'] = 'off';
  }
  if (versionNumber >= 170_000) values['transaction_timeout'] = '0';
  return Object.entries(values)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, '\\$&')}`)
    .join(' ');
}
