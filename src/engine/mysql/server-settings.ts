import type { Flavour } from './flavour.ts';
import { zonesSetting } from './time-zones.ts';

export interface ServerSettings {
  /** Named as options of the server program, without the leading dashes. */
  readonly settings: Readonly<Record<string, string>>;
  /** Those of them that shape the files of a new server and have to be known when it makes them. */
  readonly shaping: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

/**
 * Settings of a throwaway server, and which of the source's it takes over (`wanted`: system variables by name). Everything on
 * it may be lost at any moment, so nothing is made durable. Events of the backup must not run on it, and nobody replicates
 * from it: without a binary log, functions need not be declared deterministic either.
 */
export function throwawaySettings(flavour: Flavour, wanted: Readonly<Record<string, string>>): ServerSettings {
  const settings: Record<string, string> = { ...base, ...flavour.throwaway.settings };
  const shaping: Record<string, string> = {};
  const notes: string[] = [];
  const known = new Set([...takenOver, ...flavour.throwaway.takenOver]);
  for (const [name, value] of Object.entries(wanted)) {
    const option = name.replaceAll('_', '-');
    if (shapes.has(name)) shaping[option] = value;
    else if (name in atLeast) settings[option] = String(Math.max(Number.parseInt(value, 10) || 0, atLeast[name] ?? 0));
    // Not every release knows every one of them, and an unknown option keeps a server from starting.
    else if (known.has(name)) settings[`loose-${option}`] = value;
    else if (!decided.has(name)) notes.push(`setting ${name} is not taken over`);
  }
  return { settings: { ...settings, ...shaping }, shaping, notes };
}

/** As arguments of the server program. */
export const settingArguments = (settings: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(settings).map(([name, value]) => `--${name}=${value}`);

const base: Readonly<Record<string, string>> = {
  'event-scheduler': 'OFF',
  'skip-log-bin': 'TRUE',
  'log-bin-trust-function-creators': 'ON',
  'local-infile': 'OFF',
  'symbolic-links': 'OFF',
  'skip-name-resolve': 'ON',
  'general-log': 'OFF',
  'slow-query-log': 'OFF',
  'innodb-flush-log-at-trx-commit': '0',
  'innodb-doublewrite': 'OFF',
  'innodb-buffer-pool-size': '256M',
  'innodb-buffer-pool-load-at-startup': 'OFF',
  'innodb-buffer-pool-dump-at-shutdown': 'OFF',
  // Statistics come from the restore’s own ANALYZE.
  'innodb-stats-auto-recalc': 'OFF',
  'max-allowed-packet': '1G',
  'max-connections': '100',
};

/** Limits that the restored database may need as high as they were. */
const atLeast: Readonly<Record<string, number>> = { max_connections: 100, thread_stack: 262_144 };

/** Cannot be changed once the server’s files are there. */
const shapes: ReadonlySet<string> = new Set(['lower_case_table_names', 'innodb_page_size']);

/** What changes what a restored database accepts or gives back. */
const takenOver: ReadonlySet<string> = new Set([
  'character_set_server',
  'collation_server',
  'sql_mode',
  'explicit_defaults_for_timestamp',
  'default_storage_engine',
  'default_week_format',
  'div_precision_increment',
  'group_concat_max_len',
  'lc_time_names',
  'innodb_strict_mode',
  'innodb_default_row_format',
  'innodb_ft_min_token_size',
  'innodb_ft_max_token_size',
  'ft_min_word_len',
  'ft_max_word_len',
  'ngram_token_size',
]);

/** What a throwaway server has as it must be, whatever the source has. */
const decided: ReadonlySet<string> = new Set([
  ...Object.keys(base).map((name) => name.replaceAll('-', '_')),
  'log_bin',
  'read_only',
  'super_read_only',
  'sql_require_primary_key',
  'time_zone',
  'system_time_zone',
  'version_comment',
  zonesSetting,
]);
