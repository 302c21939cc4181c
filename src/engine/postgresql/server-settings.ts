/**
 * Settings of a throwaway server, and which of the source's it takes over. Everything here may be lost at any moment, so
 * nothing is made durable (PostgreSQL manual, section "Non-Durable Settings"). There is no autovacuum: a restore ends with
 * ANALYZE as a step of its own.
 */
export function throwawaySettings(
  wanted: Readonly<Record<string, string>>,
  hasLibrary: (library: string) => boolean,
): { readonly settings: Readonly<Record<string, string>>; readonly notes: readonly string[] } {
  const settings: Record<string, string> = { ...base };
  const notes: string[] = [];
  for (const [name, value] of Object.entries(wanted)) {
    if (name === 'shared_preload_libraries') {
      const libraries = listOf(value);
      const missing = libraries.filter((library) => !hasLibrary(library));
      if (missing.length > 0) notes.push(`not preloaded because not installed: ${missing.join(', ')}`);
      const present = libraries.filter((library) => !missing.includes(library));
      if (present.length > 0) settings[name] = present.map(quoteListItem).join(', ');
    } else if (name in atLeast) {
      settings[name] = String(Math.max(Number.parseInt(value, 10) || 0, atLeast[name] ?? 0));
    } else if (takenOver.has(name) || /^[a-z_][\w$]*\.[a-z_][\w$]*$/i.test(name)) {
      settings[name] = value;
    } else {
      notes.push(`setting ${name} is not taken over`);
    }
  }
  return { settings, notes };
}

const base: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  // With minimal WAL, COPY into a table made in the same transaction writes none (section "Disable WAL Archival and Streaming
  // Replication").
  wal_level: 'minimal',
  max_wal_senders: '0',
  archive_mode: 'off',
  max_wal_size: '4GB',
  checkpoint_timeout: '1h',
  autovacuum: 'off',
  shared_buffers: '256MB',
  huge_pages: 'off',
  maintenance_work_mem: '256MB',
  max_connections: '100',
  max_locks_per_transaction: '256',
  // Our password reaches the server only as a verifier, but a failing statement of the backup may hold anything.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
  log_destination: 'stderr',
  logging_collector: 'off',
  lc_messages: 'C',
};

/** Limits that the restored database may need as high as they were. */
const atLeast: Readonly<Record<string, number>> = {
  max_locks_per_transaction: 256,
  max_pred_locks_per_transaction: 64,
  max_prepared_transactions: 0,
  max_worker_processes: 8,
  max_logical_replication_workers: 4,
  max_replication_slots: 10,
  max_connections: 100,
};

/** What changes what a restored database accepts or gives back. */
const takenOver: ReadonlySet<string> = new Set([
  'track_commit_timestamp',
  'xmlbinary',
  'xmloption',
  'bytea_output',
  'IntervalStyle',
  'DateStyle',
  'default_text_search_config',
  'password_encryption',
  'quote_all_identifiers',
]);

/**
 * Items of a list setting as SHOW gives it: separated by commas, perhaps in double quotes (SplitDirectoriesString in
 * varlena.c).
 */
export function listOf(value: string): readonly string[] {
  return [...value.matchAll(/"((?:[^"]|"")*)"|[^,\s][^,]*/g)]
    .map((match) => (match[1] === undefined ? match[0].trim() : match[1].replaceAll('""', '"')))
    .filter((item) => item !== '');
}

function quoteListItem(item: string): string {
  return /^[\w$./-]+$/.test(item) ? item : `"${item.replaceAll('"', '""')}"`;
}

/** A line of postgresql.conf. Quotes double, backslashes too (manual, section "Parameter Names and Values"). */
export function settingLine(name: string, value: string): string {
  return `${name} = '${value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\n', '\\n')}'`;
}
