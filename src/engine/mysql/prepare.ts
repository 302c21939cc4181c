import { randomBytes } from 'node:crypto';
import type { Address } from '../../base/address.ts';
import { formatAddress } from '../../base/address.ts';
import { OperationError } from '../../base/operation-error.ts';
import type { Secret } from '../../base/secret.ts';
import type { Fact } from '../../manifest/manifest.ts';
import type { PlannedCapture } from '../engine.ts';
import type { ServerAccess } from '../server-access.ts';
import type { FoundClient } from './clients.ts';
import { describe } from './describe.ts';
import { startDump, type DumpProcess } from './dump-process.ts';
import { readDumpObjects, shareTables, type DumpObjects, type DumpTable } from './dump-tables.ts';
import type { Flavour } from './flavour.ts';
import { readPosition } from './position.ts';
import { preflight, type Preflight } from './preflight.ts';
import { quoteName } from './quote.ts';
import { lockTables } from './server-lock.ts';
import { openSession, type Session } from './session.ts';
import { closeGate, connectionsOf, inSnapshot, openGate } from './snapshot.ts';

/** One program of a dump, and what it was asked for. */
export interface DumpShare {
  readonly process: DumpProcess;
  /** In the order in which they come. */
  readonly tables: readonly DumpTable[];
}

/** A database whose snapshot stands: its dumps are in it and wait to be read. */
export interface Prepared extends AsyncDisposable {
  readonly address: Address;
  readonly objects: DumpObjects;
  readonly ahead: Preflight;
  /** Digest of structure and accounts from before the snapshot, and the counters of then. */
  readonly before: { readonly digest: string; readonly counters: readonly Fact[] };
  /** In the same snapshot as the dumps, where that is shared. */
  readonly session: Session;
  readonly snapshot: { readonly timeMs: number; readonly position: string | null; readonly shared: boolean };
  /** The first one has routines, events and sequences, too. */
  readonly shares: readonly DumpShare[];
  /** How long the tables of the server were locked. */
  readonly lockedMs: number;
  /** Ends what the session is doing, and the session, with this error as the reason. */
  abandon(reason: OperationError): void;
}

export interface PrepareContext {
  readonly server: ServerAccess;
  readonly flavour: Flavour;
  readonly control: Session;
  readonly program: FoundClient;
  /** Whether it waits at a gate, so that it can be started before the lock. */
  readonly gated: boolean;
  /** One program for each database, whatever the policy says. */
  readonly alone?: boolean;
  readonly directory: string;
  readonly digestKey: Secret | undefined;
  readonly signal: AbortSignal;
}

/** How long the server may stay locked while dumps begin, and before that for their connections. */
const beginLimitMs = 15_000;
const connectLimitMs = 60_000;

/**
 * Takes the snapshots of several databases under one lock. A database that cannot be captured gets its error and does not
 * hinder the others; what hinders all is thrown. Dumps are started before the lock and wait at a gate, so that the lock lasts
 * milliseconds however many there are.
 */
export async function prepare(
  context: PrepareContext,
  planned: readonly PlannedCapture[],
): Promise<readonly (Prepared | OperationError)[]> {
  const first = await attempt(context, planned);
  // A managed server may refuse the lock to a login that has the privilege: then several programs would not fit each other.
  const isTorn = first.some(
    (each) => !(each instanceof OperationError) && !each.snapshot.shared && each.shares.length > 1,
  );
  if (!isTorn) return first;
  for (const each of first) if (!(each instanceof OperationError)) await each[Symbol.asyncDispose]();
  return attempt({ ...context, alone: true }, planned);
}

async function attempt(
  context: PrepareContext,
  planned: readonly PlannedCapture[],
): Promise<readonly (Prepared | OperationError)[]> {
  const { control, signal } = context;
  const gate = `holdfast-gate-${randomBytes(8).toString('hex')}`;
  const opened: (Opened | OperationError)[] = [];
  const ready = (): readonly Opened[] => opened.filter((each): each is Opened => !(each instanceof OperationError));
  try {
    for (const each of planned) opened.push(await withoutOthers(signal, () => open(context, each)));
    await closeGate(control, gate);
    const starting = context.gated ? gate : undefined;
    if (context.gated) for (const each of ready()) await each.start(starting);
    const connections = context.gated
      ? await connectionsOf(control, ready().flatMap(processesOf), { signal, limitMs: connectLimitMs })
      : new Map<DumpProcess, string>();
    const lockWaitMs = longestLockWait(planned);
    const shared = ready().length === 0 ? false : await lockTables(control, { lockWaitMs, signal });
    const since = performance.now();
    const [row] = await control.query<{ time: string }>('SELECT FLOOR(UNIX_TIMESTAMP(NOW(3)) * 1000) AS time');
    const position = await readPosition(control, context.flavour);
    try {
      for (const each of ready()) await each.session.run('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
      if (context.gated) await openGate(control, gate);
      else for (const each of ready()) await each.start(undefined);
      await inSnapshot(control, ready().flatMap(processesOf), { connections, gate, signal, limitMs: beginLimitMs });
    } finally {
      if (shared) await control.run('UNLOCK TABLES');
    }
    const lockedMs = Math.round(performance.now() - since);
    const snapshot = { timeMs: Number(row?.time), position, shared };
    return opened.map((each) => (each instanceof OperationError ? each : { ...each, snapshot, lockedMs }));
  } catch (error) {
    for (const each of ready()) await each[Symbol.asyncDispose]();
    throw error;
  }
}

/** How long locks of the server are waited for that are taken for all of them. */
export const longestLockWait = (planned: readonly PlannedCapture[]): number =>
  Math.max(...planned.map(({ dump }) => dump.lockWait));

type Opened = Omit<Prepared, 'snapshot' | 'lockedMs'> & { start(gate: string | undefined): Promise<void> };

const processesOf = ({ shares }: Opened): readonly DumpProcess[] => shares.map(({ process }) => process);

async function open(context: PrepareContext, planned: PlannedCapture): Promise<Opened> {
  const { server, flavour, directory, program, digestKey } = context;
  const abandoned = new AbortController();
  const signal = AbortSignal.any([context.signal, abandoned.signal]);
  const { address, holds, dump } = planned;
  const { database } = address;
  const session = await openSession(server, flavour, { signal, lockWaitMs: dump.lockWait });
  const shares: DumpShare[] = [];
  const dispose = async (): Promise<void> => {
    for (const { process } of shares) process.end(new OperationError('run/interrupted', 'the capture has ended'));
    await Promise.allSettled(shares.map(({ process }) => process.done));
    await session[Symbol.asyncDispose]();
  };
  try {
    const ahead = await preflight(session, flavour, {
      database,
      subject: formatAddress(address),
      excludeTables: dump.excludeTables,
    });
    const [refusal] = ahead.refused;
    if (refusal !== undefined)
      throw new OperationError(refusal.code, refusal.summary, {
        hint: ahead.refused.flatMap(({ help }) => help ?? []).join(' '),
      });
    // Not at once: a login without any privilege on it would not even hear which.
    await session.run(`USE ${quoteName(database)}`);
    const described = await describe(session, flavour, { database, holds, digestKey });
    const objects = await readDumpObjects(session, database, dump);
    await session.run('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    const wanted = objects.tables.filter(({ excluded }) => excluded === 'no');
    return {
      address,
      objects,
      ahead,
      before: { digest: described.digest, counters: described.facts.filter(isCounter) },
      session,
      shares,
      abandon: (reason) => abandoned.abort(reason),
      async start(gate) {
        // Without a snapshot in common, several programs would not even fit each other.
        const jobs = ahead.mayLock && context.alone !== true ? dump.jobs : 1;
        for (const [index, tables] of shareTables(wanted, jobs).entries()) {
          const isFirst = index === 0;
          const process = await startDump(server, flavour, {
            program: program.path,
            database,
            objects: [...(isFirst ? objects.sequences : []), ...tables.map(({ table }) => table)],
            // Without any name, a dump is of everything there is.
            ignored: [...objects.views, ...objects.brokenViews, ...objects.tables.map(({ table }) => table)],
            arguments: ['--triggers', ...(isFirst ? ['--routines', '--events'] : [])],
            directory,
            marker: `holdfast-dump-${randomBytes(8).toString('hex')}`,
            gate,
            signal,
          });
          shares.push({ process, tables });
        }
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

const isCounter = ({ kind }: Fact): boolean => kind === 'auto-increment' || kind === 'sequence-state';

/** An error of one database is its own; a stopped run is everybody's. */
async function withoutOthers<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | OperationError> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted || !(error instanceof OperationError)) throw error;
    return error;
  }
}
