import type { Session } from './session.ts';

/**
 * SQL that takes away what every new database has from template0 and this one has lost: the schema public and the extension
 * plpgsql, which pg_dump takes for granted. Empty where it has both. For the end of the supplement, because anonymous blocks
 * need plpgsql; runs twice without error, and fails rather than drop anything that a restore has put there.
 */
export async function templateLeftoversSql(session: Session): Promise<string> {
  const [has] = await session.query<{ public: boolean; plpgsql: boolean }>(`
    SELECT to_jsonb(EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'public')) AS public,
      to_jsonb(EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'plpgsql')) AS plpgsql`);
  return [
    ...(has?.public === false ? ['DROP SCHEMA IF EXISTS public;\n'] : []),
    ...(has?.plpgsql === false ? ['DROP EXTENSION IF EXISTS plpgsql;\n'] : []),
  ].join('');
}
