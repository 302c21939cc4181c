import type { Script } from './script.ts';
import type { Session } from './session.ts';

/** What every new database has from template0 and this one has lost; pg_dump takes both for granted. */
export interface TemplateLosses {
  readonly public: boolean;
  readonly plpgsql: boolean;
}

export async function lostOfTemplate(session: Session): Promise<TemplateLosses> {
  const [lost] = await session.query<TemplateLosses>(`
    SELECT to_jsonb(NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'public')) AS public,
      to_jsonb(NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'plpgsql')) AS plpgsql`);
  return { public: lost?.public === true, plpgsql: lost?.plpgsql === true };
}

/**
 * Takes it away again; fails rather than drop anything that a restore has put there. No anonymous block may follow the loss
 * of plpgsql.
 */
export function addTemplateLosses(out: Script, lost: TemplateLosses): void {
  if (lost.public) out.add('DROP SCHEMA IF EXISTS public');
  if (lost.plpgsql) out.add('DROP EXTENSION IF EXISTS plpgsql');
}
