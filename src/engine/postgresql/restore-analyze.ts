import type { ServerAccess } from '../server-access.ts';
import { openRestored } from './restored-session.ts';

/**
 * ANALYZE of every table and materialised view, the largest first, in `jobs` sessions. Without it the first queries after a
 * restore run with made-up estimates, so it is part of the time that a recovery takes.
 *
 * ANALYZE of a table goes through all that inherit from it, and takes its sample of a foreign table from the other server: a
 * drill must not ask that one, and it may not be there. So tables that have foreign ones below them are left without
 * statistics until somebody asks for them: `ONLY` (18) does not help, it means which statistics are written and not what is
 * read (measured).
 */
export async function analyzeDatabase(
  server: ServerAccess,
  database: string,
  options: { readonly jobs: number; readonly signal: AbortSignal },
): Promise<void> {
  const { jobs, signal } = options;
  await using session = await openRestored(server, database, { signal });
  const tables = await session.query<{ name: string }>(tablesSql);
  const queue = tables
    .map(({ name }) => `ANALYZE ${name}`)
    .concat('ANALYZE pg_catalog.pg_class, pg_catalog.pg_attribute, pg_catalog.pg_statistic');
  const work = async (): Promise<void> => {
    await using worker = await openRestored(server, database, { signal });
    for (let statement = queue.shift(); statement !== undefined; statement = queue.shift()) await worker.run(statement);
  };
  await Promise.all(Array.from({ length: Math.min(jobs, queue.length) }, work));
}

/** `above`: what has foreign tables below it. */
const tablesSql = `
  WITH RECURSIVE above(oid) AS (
    SELECT h.inhparent FROM pg_inherits h JOIN pg_class f ON f.oid = h.inhrelid WHERE f.relkind = 'f'
    UNION SELECT h.inhparent FROM pg_inherits h JOIN above a ON h.inhrelid = a.oid)
  SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
    AND c.oid NOT IN (SELECT oid FROM above)
  ORDER BY c.relkind = 'p', pg_relation_size(c.oid) DESC`;
