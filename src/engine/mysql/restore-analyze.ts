import { OperationError } from '../../base/operation-error.ts';
import type { ServerAccess } from '../server-access.ts';
import type { Flavour } from './flavour.ts';
import { quoteName } from './quote.ts';
import { openSession } from './session.ts';

/**
 * ANALYZE of every table, the largest first, in `jobs` sessions and without the binary log. Without it the first queries after
 * a restore run with made-up estimates, so it is part of the time that a recovery takes. Throws `restore/failed`.
 */
export async function analyzeDatabase(
  server: ServerAccess,
  flavour: Flavour,
  options: { readonly database: string; readonly jobs: number; readonly signal: AbortSignal },
): Promise<void> {
  const { database, jobs, signal } = options;
  await using session = await openSession(server, flavour, { database, signal });
  const queue = await session.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
     ORDER BY COALESCE(data_length, 0) + COALESCE(index_length, 0) DESC`,
  );
  const tables = queue.map(({ name }) => name);
  const work = async (): Promise<void> => {
    await using worker = await openSession(server, flavour, { database, signal });
    for (let table = tables.shift(); table !== undefined; table = tables.shift()) {
      // It reports in rows and never fails; a storage engine that cannot do it leaves a note.
      const rows = await worker.query<{ Msg_type: string }>(`ANALYZE NO_WRITE_TO_BINLOG TABLE ${quoteName(table)}`);
      if (rows.some(({ Msg_type: kind }) => kind.toLowerCase() === 'error'))
        throw new OperationError('restore/failed', `table ${quoteName(table)} could not be analysed after the restore`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, tables.length) }, work));
}
