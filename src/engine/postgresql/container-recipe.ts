import { throwawaySettings } from './server-settings.ts';

/**
 * A PostgreSQL server from the official image or one that follows its conventions (POSTGRES_USER, POSTGRES_PASSWORD,
 * POSTGRES_HOST_AUTH_METHOD, POSTGRES_INITDB_ARGS: docs of hub.docker.com/_/postgres). The shape is src/target/recipe.ts.
 */
export const postgresqlContainerRecipe = {
  defaultImage: (series: string): string => `postgres:${series}`,
  plan: (wish: {
    readonly series: string;
    readonly bootstrapRole: string;
    readonly settings: Readonly<Record<string, string>>;
  }) => {
    // What an image holds is not known before it runs, and an unknown library keeps the server from starting.
    const { settings, notes } = throwawaySettings(wish.settings, (library) =>
      contrib.has(library.replace(/^\$libdir\//, '')),
    );
    return {
      env: {
        POSTGRES_USER: wish.bootstrapRole,
        POSTGRES_DB: 'postgres',
        // `md5` takes both kinds of verifiers, `scram-sha-256` only its own (manual, section "Password Authentication").
        POSTGRES_HOST_AUTH_METHOD: 'md5',
        POSTGRES_INITDB_ARGS: `--encoding=UTF8 --locale=C.UTF-8 --no-sync${Number(wish.series) >= 18 ? ' --no-data-checksums' : ''}`,
      },
      passwordVariable: 'POSTGRES_PASSWORD',
      command: ['postgres', ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      port: 5432,
      // The entry point's first server has no TCP, so this succeeds only for the final one.
      readyCommand: ['pg_isready', '--quiet', '--host=127.0.0.1', '--port=5432'],
      maintenanceDatabase: 'postgres',
      tablespaceDirectory: '/holdfast/tablespaces',
      serverUser: 'postgres',
      notes,
    };
  },
};

/** Libraries of the contrib modules that can be preloaded; part of the official image. */
const contrib: ReadonlySet<string> = new Set([
  'auth_delay',
  'auto_explain',
  'basic_archive',
  'passwordcheck',
  'pg_prewarm',
  'pg_stat_statements',
  'pg_overexplain',
]);
