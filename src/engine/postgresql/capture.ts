import { OperationError } from '../../base/operation-error.ts';
import type { Secret } from '../../base/secret.ts';
import type { Captured, CaptureRequest, CaptureSink } from '../engine.ts';
import type { ServerAccess } from '../server-access.ts';
import { checkLargeObjects } from './check-large-objects.ts';
import type { FoundClient } from './clients.ts';
import { checkCounts, hashFacts } from './counts.ts';
import { compressionArgument } from './dump.ts';
import { dumpInSnapshot, refuseChanged, type DumpedInSnapshot } from './dump-in-snapshot.ts';
import { exclusions } from './exclusions.ts';
import { hashPartitions } from './hash-partitions.ts';
import { readSequenceStates, widenSequenceStates } from './inventory-sequences.ts';
import { readLostRows, withNewSequences } from './lost-rows.ts';
import { phaseTimer } from '../phase-timer.ts';
import { preflight, type Preflight } from './preflight.ts';
import { openSession, type Session } from './session.ts';
import { openSnapshot } from './snapshot.ts';
import { stopped } from '../stopped.ts';
import { readDumpableTables, type DumpableTable } from './tables.ts';

export interface CaptureContext {
  readonly server: ServerAccess;
  readonly digestKey: Secret | undefined;
  readonly dump: FoundClient;
  readonly restore: FoundClient;
}

/**
 * One database, from the look ahead to the proof. One snapshot for the inventory, the roles, the dump and the counts; a
 * failure anywhere ends pg_dump and every session and throws, so that nothing half can be committed.
 */
export async function captureDatabase(
  context: CaptureContext,
  request: CaptureRequest,
  sink: CaptureSink,
): Promise<Captured> {
  const { server } = context;
  const { database } = request.address;
  const failed = new AbortController();
  const signal = AbortSignal.any([request.signal, failed.signal]);
  const timings: Record<string, number> = {};
  const phase = phaseTimer(timings, (name) => request.events.phase(name));
  const session = await openSession(server, database, { signal, lockWaitMs: request.dump.lockWait });
  try {
    phase('preflight');
    const ahead = await lookAhead(session, server, request);
    phase('snapshot');
    const snapshot = await openSnapshot(session);
    const { scratch } = await sink.begin(snapshot.timeMs);
    const tables = await readDumpableTables(session, request.dump);
    phase('dump');
    const done = await dumpInSnapshot({ context, request, sink, session, snapshot, scratch, tables }, failed);
    phase('proof');
    const proof = await prove(session, { context, request, tables, done });
    await session.run('COMMIT');
    phase(undefined);
    const { dumped, described } = done;
    const { access, excluded, source, steps } = described;
    return {
      engine: 'postgresql',
      source,
      clients: [
        { program: 'pg_dump', version: context.dump.version },
        { program: 'pg_restore', version: context.restore.version },
      ],
      snapshot: { time: new Date(snapshot.timeMs).toISOString(), position: snapshot.position },
      access: { fingerprint: access.fingerprint, passwords: access.passwords },
      degradations: [
        ...ahead.degradations,
        ...access.degradations,
        ...proof.lost,
        ...exclusions(excluded.relations, tables),
      ],
      steps,
      entries: [...described.entries, ...dumped.entries],
      inventory: proof.inventory,
      accessText: access.text,
      roles: access.scope.why.map(({ name, why }) => ({ name, why: [...why] })),
      timings,
    };
  } catch (error) {
    if (request.signal.aborted) throw stopped(request.signal);
    throw error;
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

/** Throws what makes a complete dump impossible, before anything is stored. */
async function lookAhead(session: Session, server: ServerAccess, request: CaptureRequest): Promise<Preflight> {
  compressionArgument(request.dump.compression, Math.floor(session.versionNumber / 10_000));
  await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const ahead = await preflight(session, `${server.name}/${request.address.database}`, request.dump.excludeTables);
  const [refusal] = ahead.refused;
  if (refusal !== undefined)
    throw new OperationError(refusal.code, refusal.summary, refusal.help === undefined ? {} : { hint: refusal.help });
  await session.run('COMMIT');
  return ahead;
}

interface Proof {
  readonly lost: Awaited<ReturnType<typeof readLostRows>>;
  readonly inventory: Captured['inventory'];
}

/** Compares the dump with the snapshot, and completes the inventory with what is only known after the dump. */
async function prove(
  session: Session,
  {
    context,
    request,
    tables,
    done: { dumped, described, counted },
  }: {
    readonly context: CaptureContext;
    readonly request: CaptureRequest;
    readonly tables: readonly DumpableTable[];
    readonly done: DumpedInSnapshot;
  },
): Promise<Proof> {
  const { facts } = described.access;
  try {
    checkCounts(counted, tables, dumped.entries);
  } catch (error) {
    // Counted after pg_dump let go of its locks, a table may have been rewritten meanwhile: another try may do.
    await refuseChanged(context, {
      database: request.address.database,
      tables,
      definitions: [],
      lockWaitMs: request.dump.lockWait,
      signal: request.signal,
    });
    throw error;
  }
  await checkLargeObjects(session, dumped.largeObjects, facts);
  const lost = await readLostRows(session, { tables, facts });
  const states = await readSequenceStates(session);
  // A restore may lay a row into another partition of the same table, so their hashes would be no proof.
  const movable = await hashPartitions(session);
  const hashed = tables.filter(({ name }) => !movable.has(name));
  return {
    lost,
    inventory: [
      ...widenSequenceStates(described.excluded.without(withNewSequences(facts)), states),
      ...hashFacts(counted, hashed),
    ],
  };
}
