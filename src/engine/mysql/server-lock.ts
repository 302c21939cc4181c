import { setTimeout as wait } from 'node:timers/promises';
import { OperationError } from '../../base/operation-error.ts';
import { QueryError } from './query-error.ts';
import type { Session } from './session.ts';
import { stopped } from '../stopped.ts';

export interface LockOptions {
  /** How long to try in all. */
  readonly lockWaitMs: number;
  readonly signal: AbortSignal;
}

/** A query that has run this long may run much longer, and everybody's writes would wait for it together with the lock. */
const longSeconds = 3;
/** How long one attempt may keep writers waiting before it is given up. */
const attemptSeconds = 2;
const pauseMs = 1_000;

/**
 * Locks all tables of the server against writing (FLUSH TABLES WITH READ LOCK). The lock waits for statements that run, and
 * all writers wait for the lock: so it is only asked for when no query has run for long, and not for long. Never ends
 * anybody's query. Gives false where the login may not lock; throws `source/lock-timeout`, transient, naming who is in the way.
 */
export async function lockTables(session: Session, options: LockOptions): Promise<boolean> {
  const deadline = performance.now() + options.lockWaitMs;
  await session.run(`SET SESSION lock_wait_timeout = ${attemptSeconds}`);
  let attempts = 0;
  for (;;) {
    const inTheWay = await longQueries(session);
    const isLast = performance.now() >= deadline;
    if (inTheWay.length === 0) {
      try {
        await session.run('FLUSH TABLES WITH READ LOCK');
        return true;
      } catch (error) {
        if (!(error instanceof QueryError)) throw error;
        if (accessDenied.has(error.errno ?? 0)) return false;
        if (error.errno !== 1205) throw error;
        attempts += 1;
      }
    }
    if (isLast) throw inTheWayOf(inTheWay.length > 0 ? inTheWay : await longQueries(session, 1));
    await wait(Math.min(roomMs(attempts), Math.max(1, deadline - performance.now())), undefined, {
      signal: options.signal,
    }).catch(() => {
      throw stopped(options.signal);
    });
  }
}

/**
 * How long writers have for themselves after so many attempts: where somebody holds a lock for minutes, nobody else may feel
 * it.
 */
export const roomMs = (attempts: number): number => Math.min(30_000, pauseMs * 2 ** attempts);

/** ER_SPECIFIC_ACCESS_DENIED_ERROR; managed servers say ER_ACCESS_DENIED_ERROR, ER_DBACCESS_DENIED_ERROR too. */
export const accessDenied: ReadonlySet<number> = new Set([1227, 1044, 1045]);

interface Running {
  readonly id: string;
  readonly user: string;
  readonly seconds: string;
}

/**
 * Sessions of replication, of the event scheduler and idle ones hold nothing that the lock waits for. Without the privilege
 * PROCESS only the login's own are seen: the short attempts are what protects writers then.
 */
async function longQueries(session: Session, seconds = longSeconds): Promise<readonly Running[]> {
  return session.query<Running & Record<string, string>>(
    `SELECT ID AS id, USER AS user, TIME AS seconds FROM information_schema.PROCESSLIST
     WHERE COMMAND IN ('Query', 'Execute', 'Long Data', 'Fetch') AND TIME >= ? AND ID <> CONNECTION_ID()
       AND USER NOT IN ('system user', 'event_scheduler') AND COALESCE(STATE, '') <> 'User lock' ORDER BY TIME DESC LIMIT 5`,
    [seconds],
  );
}

function inTheWayOf(running: readonly Running[]): OperationError {
  const who = running.map(({ id, user, seconds }) => `connection ${id} of ${user} for ${seconds} s`).join(', ');
  return new OperationError(
    'source/lock-timeout',
    `the tables could not be locked within the lock wait${who === '' ? '' : `, busy is ${who}`}`,
    {
      hint: `${who === '' ? 'A session that does nothing may hold tables locked (LOCK TABLES). ' : ''}Writers would have had to wait as well, so it was not waited for longer. Back up at another time, or raise dump.lockWait.`,
      transient: true,
    },
  );
}
