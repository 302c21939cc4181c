import type { ServerAccess } from '../server-access.ts';
import { openRestored } from './restored-session.ts';

/**
 * ANALYZE of every table and materialised view, the largest first, in `jobs` sessions. Without it the first queries after a restore
 * run with made-up estimates, so it is part of the time that a recovery takes.
 */
export async function analyzeDatabase(
  server: ServerAccess,
  database: string,
  options: { readonly jobs: number; readonly signal: AbortSignal },
): Promise<void> {
  const { jobs, signal } = options;
  await using session = await openRestored(server, database, { signal });
  const tables = await session.query<{ name: string }>(`
    SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
    ORDER BY c.relkind = 'p', pg_relation_size(c.oid) DESC`);
  const queue = tables
    .map(({ name }) => `ANALYZE ${name}`)
    .concat('ANALYZE pg_catalog.pg_class, pg_catalog.pg_attribute, pg_catalog.pg_statistic');
  const work = async (): Promise<void> => {
    await using worker = await openRestored(server, database, { signal });
    for (let statement = queue.shift(); statement !== undefined; statement = queue.shift()) await worker.run(statement);
  };
  await Promise.all(Array.from({ length: Math.min(jobs, queue.length) }, work));
}
