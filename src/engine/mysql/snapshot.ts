import { setTimeout as wait } from 'node:timers/promises';
import { OperationError } from '../../base/operation-error.ts';
import type { DumpProcess } from './dump-process.ts';
import { quoteText } from './quote.ts';
import { QueryError } from './query-error.ts';
import type { Session } from './session.ts';
import { stopped } from '../stopped.ts';

/** The gate is a user-level lock: each dump takes it and gives it back before it does anything else. */
export async function closeGate(session: Session, gate: string): Promise<void> {
  const [row] = await session.query<{ held: string | null }>(`SELECT GET_LOCK(${quoteText(gate)}, 0) AS held`);
  if (row?.held !== '1')
    throw new OperationError('dump/failed', 'a lock of a new name is held already', { transient: true });
}

export async function openGate(session: Session, gate: string): Promise<void> {
  await session.query(`SELECT RELEASE_LOCK(${quoteText(gate)}) AS released`);
}

/**
 * Waits until every one of these dumps has a connection, and gives their ids. One that failed is left out: its own promise
 * says why.
 */
export async function connectionsOf(
  session: Session,
  dumps: readonly DumpProcess[],
  options: { readonly signal: AbortSignal; readonly limitMs: number },
): Promise<ReadonlyMap<DumpProcess, string>> {
  const found = new Map<DumpProcess, string>();
  const over = overOf(dumps);
  await until({ ...options, pauseMs: () => 10 }, async () => {
    const missing = dumps.filter((dump) => !found.has(dump) && !over.has(dump));
    if (missing.length === 0) return true;
    const columns = missing.map(({ marker }, index) => `IS_USED_LOCK(${quoteText(marker)}) AS c${index}`);
    const [row] = await session.query(`SELECT ${columns.join(', ')}`);
    for (const [index, dump] of missing.entries()) {
      const id = row?.[`c${index}`];
      if (id !== null && id !== undefined) found.set(dump, id);
    }
    return false;
  });
  return found;
}

/**
 * Waits until every one of these dumps is in its snapshot: its connection has a transaction (information_schema.INNODB_TRX),
 * or it has printed something, which it only does after. One that has ended is waited for no longer.
 */
export async function inSnapshot(
  session: Session,
  dumps: readonly DumpProcess[],
  options: {
    readonly connections: ReadonlyMap<DumpProcess, string>;
    readonly gate: string;
    readonly signal: AbortSignal;
    readonly limitMs: number;
  },
): Promise<void> {
  const over = overOf(dumps);
  let canSee = options.connections.size > 0;
  await until({ ...options, pauseMs: () => 2 }, async () => {
    const [row] = await session.query<{ free: string }>(`SELECT IS_FREE_LOCK(${quoteText(options.gate)}) AS free`);
    return row?.free === '1';
  });
  const isIn = new Set<string>();
  const idsOf = (some: readonly DumpProcess[]): string =>
    some.flatMap((dump) => options.connections.get(dump) ?? []).join(', ');
  // INNODB_TRX is renewed only where nobody has read it for 100 ms (trx0i_s.cc of both), so it is better not asked too early.
  // A dump chooses its database right after it has begun its transaction; the list of connections is always new.
  await until({ ...options, pauseMs: () => 2 }, async () => {
    const missing = dumps.filter((dump) => !over.has(dump) && options.connections.has(dump));
    if (missing.length === 0) return true;
    const rows = await session.query(
      `SELECT ID FROM information_schema.PROCESSLIST WHERE ID IN (${idsOf(missing)}) AND DB IS NULL`,
    );
    return rows.length === 0;
  });
  await until({ ...options, pauseMs: () => (canSee ? 110 : 5) }, async () => {
    const missing = dumps.filter((dump) => !over.has(dump) && !isIn.has(options.connections.get(dump) ?? ''));
    if (missing.length === 0) return true;
    const ids = idsOf(missing);
    if (!canSee || ids === '') return false;
    try {
      const rows = await session.query<{ id: string }>(
        `SELECT trx_mysql_thread_id AS id FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id IN (${ids})`,
      );
      for (const { id } of rows) isIn.add(id);
    } catch (error) {
      // Needs the privilege PROCESS.
      if (!(error instanceof QueryError) || error.errno !== 1227) throw error;
      canSee = false;
    }
    return missing.every((dump) => isIn.has(options.connections.get(dump) ?? ''));
  });
}

/** Those that need no waiting for any more; it fills by itself. */
function overOf(dumps: readonly DumpProcess[]): ReadonlySet<DumpProcess> {
  const over = new Set<DumpProcess>();
  for (const dump of dumps) {
    const add = (): void => void over.add(dump);
    dump.begun.then(add, add);
  }
  return over;
}

interface Patience {
  readonly signal: AbortSignal;
  readonly limitMs: number;
  readonly pauseMs: () => number;
}

/** Asks again and again. */
async function until({ signal, limitMs, pauseMs }: Patience, isDone: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await isDone())) {
    if (performance.now() > deadline)
      throw new OperationError('dump/failed', 'the dump programs did not begin in time', { transient: true });
    await wait(pauseMs(), undefined, { signal }).catch(() => {
      throw stopped(signal);
    });
  }
}
