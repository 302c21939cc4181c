import type { Fact, Manifest } from '../../manifest/manifest.ts';
import { databaseFact } from './database-sql.ts';
import type { Flavour } from './flavour.ts';
import { serverIdentity } from './same-server.ts';
import type { Session } from './session.ts';
import { namedTimeZones, zonesSetting } from './time-zones.ts';

/**
 * What the manifest says of the source. `settings` are the server's that a restore depends on; none that could hold a secret.
 */
export async function readSource(
  session: Session,
  flavour: Flavour,
  { database, facts }: { readonly database: string; readonly facts: readonly Fact[] },
): Promise<Manifest['source']> {
  const [size] = await session.query<{ bytes: string | null }>(
    'SELECT SUM(DATA_LENGTH + INDEX_LENGTH) AS bytes FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
    [database],
  );
  const { characterSet, collation } = databaseFact(facts);
  return {
    identity: await serverIdentity(session, flavour),
    version: session.version,
    versionNumber: session.versionNumber,
    bootstrapRole: 'root',
    encoding: characterSet,
    locale: { provider: 'server', collate: collation, ctype: characterSet, locale: null },
    extensions: [],
    tablespaces: [],
    databaseBytes: Number(size?.bytes ?? 0),
    settings: { ...(await readSettings(session, flavour)), ...zonesOf(facts) },
  };
}

/** A server that lacks them refuses the events. */
function zonesOf(facts: readonly Fact[]): Readonly<Record<string, string>> {
  const zones = namedTimeZones(facts);
  return zones.length === 0 ? {} : { [zonesSetting]: zones.join(',') };
}

/** Only those that this server has; empty ones say nothing. */
async function readSettings(session: Session, flavour: Flavour): Promise<Readonly<Record<string, string>>> {
  const names = [...settings, ...flavour.throwaway.takenOver].map((name) => `'${name}'`);
  const rows = await session.query<{ name: string; value: string }>(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names.join(', ')})`,
  );
  return Object.fromEntries(
    rows
      .map((row) => Object.values(row) as [string, string])
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Which change what a restored database accepts, or how its server is made. */
const settings: readonly string[] = [
  'lower_case_table_names',
  'innodb_page_size',
  'character_set_server',
  'collation_server',
  'sql_mode',
  'explicit_defaults_for_timestamp',
  'default_storage_engine',
  'default_week_format',
  'div_precision_increment',
  'group_concat_max_len',
  'lc_time_names',
  'max_connections',
  'max_allowed_packet',
  'thread_stack',
  'innodb_strict_mode',
  'innodb_default_row_format',
  'innodb_ft_min_token_size',
  'innodb_ft_max_token_size',
  'ft_min_word_len',
  'ft_max_word_len',
  'ngram_token_size',
  'event_scheduler',
  'log_bin_trust_function_creators',
];
