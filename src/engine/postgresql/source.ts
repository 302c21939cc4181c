import type { Fact, Manifest } from '../../manifest/manifest.ts';
import { databaseFact } from './facts.ts';
import { InternalError } from '../../base/operation-error.ts';
import type { Session } from './session.ts';

/**
 * What the manifest says of the source. `settings` are the server's that a restore depends on, as SHOW gives them; only
 * those that are not the default, and none that could hold a secret.
 */
export async function readSource(
  session: Session,
  facts: readonly Fact[],
  bootstrap: string,
): Promise<Manifest['source']> {
  const [row] = await session.query<{ source: SourceRow }>(sourceSql);
  const database = databaseFact(facts);
  if (row === undefined || database === undefined) throw new InternalError('a database without a row in pg_database');
  const { source } = row;
  return {
    identity: source.identity,
    version: source.version,
    versionNumber: session.versionNumber,
    bootstrapRole: bootstrap,
    encoding: database.encoding,
    locale: { provider: database.provider, collate: database.collate, ctype: database.ctype, locale: database.locale },
    extensions: source.extensions,
    tablespaces: source.tablespaces,
    databaseBytes: source.databaseBytes,
    settings: source.settings,
  };
}

interface SourceRow {
  readonly identity: string;
  readonly version: string;
  readonly extensions: readonly { readonly name: string; readonly version: string }[];
  readonly tablespaces: readonly string[];
  readonly databaseBytes: number;
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * Settings of other modules (with a dot) are taken where their library is preloaded: they would be unknown elsewhere anyway.
 */
const sourceSql = `
  SELECT json_build_object(
    'identity', (SELECT system_identifier::text FROM pg_control_system()),
    'version', current_setting('server_version'),
    'extensions', (SELECT coalesce(json_agg(json_build_object('name', extname, 'version', extversion) ORDER BY extname), '[]') FROM pg_extension),
    'tablespaces', (SELECT coalesce(json_agg(spcname ORDER BY spcname), '[]') FROM pg_tablespace t WHERE spcname NOT IN ('pg_default', 'pg_global')
      AND (t.oid IN (SELECT reltablespace FROM pg_class) OR t.oid = (SELECT dattablespace FROM pg_database WHERE datname = current_database()))),
    'databaseBytes', pg_database_size(current_database()),
    'settings', (SELECT coalesce(json_object_agg(name, current_setting(name)), '{}') FROM pg_settings
      WHERE name IN ('shared_preload_libraries', 'password_encryption', 'max_locks_per_transaction', 'max_prepared_transactions',
          'max_worker_processes', 'track_commit_timestamp', 'default_text_search_config')
        AND reset_val IS DISTINCT FROM boot_val AND current_setting(name) <> '')) AS source`;
