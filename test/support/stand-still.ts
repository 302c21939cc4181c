import { openSession } from '../../src/engine/postgresql/session.ts';
import type { Bench } from './bench.ts';

/** A lock that pg_dump waits for in the middle of its work, until this is disposed. The rest of a back-up does not need it. */
export async function lockSmall({ server }: Pick<Bench, 'server'>): Promise<AsyncDisposable> {
  const holder = await openSession(server.access(), 'shop', { applicationName: 'holder' });
  await holder.run('BEGIN; LOCK TABLE public.small IN ACCESS EXCLUSIVE MODE');
  return holder;
}

/**
 * Does `work` while the newest backup of the bench is one whose restore stands still in the rows of a table: a check of it
 * sleeps. Afterwards there is a newer one without it.
 */
export async function whileRestoresStand(bench: Bench, work: () => Promise<void>): Promise<void> {
  const stands = (first: string): string =>
    `CREATE OR REPLACE FUNCTION public.stands(int) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN ${first} RETURN true; END'`;
  await bench.server.sql(
    'shop',
    `${stands('')}; ALTER TABLE small ADD CONSTRAINT stands CHECK (public.stands(a)); ${stands('PERFORM pg_sleep(36000);')}`,
  );
  try {
    await bench.applies();
    await work();
  } finally {
    await bench.server.sql('shop', 'ALTER TABLE small DROP CONSTRAINT stands; DROP FUNCTION public.stands');
  }
  await bench.applies();
}
