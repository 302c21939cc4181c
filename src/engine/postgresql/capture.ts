import { createHash } from 'node:crypto';
import { OperationError } from '../../base/operation-error.ts';
import type { Secret } from '../../base/secret.ts';
import type { Degradation, Step } from '../../manifest/manifest.ts';
import type { Captured, CapturePhase, CaptureRequest, CaptureSink } from '../engine.ts';
import type { ServerAccess } from '../server-access.ts';
import { readAccess, type Access } from './access.ts';
import { checkLargeObjects } from './check-large-objects.ts';
import type { FoundClient } from './clients.ts';
import { checkCounts, countTables, hashFacts } from './counts.ts';
import { databaseSql } from './database-sql.ts';
import { compressionArgument, dumpDatabase, type EntryWithoutParts } from './dump.ts';
import { readSequenceStates, widenSequenceStates } from './inventory-sequences.ts';
import { preflight, some } from './preflight.ts';
import { refuseRewritten } from './rewritten-tables.ts';
import { rolesSql } from './roles-sql.ts';
import { readExcluded, type Excluded, type ExcludedRelation } from './excluded.ts';
import { hashPartitions } from './hash-partitions.ts';
import { readLostRows, withNewSequences } from './lost-rows.ts';
import { openSession, type Session } from './session.ts';
import { readSource } from './source.ts';
import { stopped } from './stopped.ts';
import { supplementSql } from './supplement.ts';
import { templateLeftoversSql } from './template-leftovers.ts';
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
    const major = Math.floor(session.versionNumber / 10_000);
    phase('preflight');
    compressionArgument(request.dump.compression, major);
    await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const ahead = await preflight(session, `${server.name}/${database}`, request.dump.excludeTables);
    const [refusal] = ahead.refused;
    if (refusal !== undefined)
      throw new OperationError(refusal.code, refusal.summary, refusal.help === undefined ? {} : { hint: refusal.help });
    await session.run('COMMIT');

    phase('snapshot');
    const snapshot = await openSnapshot(session);
    const { scratch } = await sink.begin(snapshot.timeMs);

    phase('inventory');
    const tables = await readDumpableTables(session, request.dump);
    const [blobs] = await session.query<{ count: string }>('SELECT count(*) FROM pg_largeobject_metadata');
    const refuseChanged = async (): Promise<void> => {
      await using latest = await openSession(server, database, { signal });
      await refuseRewritten(latest, tables);
    };
    let unchanged: Promise<void> | undefined;
    const checkUnchanged = (): Promise<void> => {
      unchanged ??= refuseChanged();
      unchanged.catch((error: unknown) => failed.abort(error));
      return unchanged;
    };
    // At once, and the inventory and the roles beside it, so that their phases have passed: until pg_dump has its locks, another session can empty a table under the snapshot.
    phase('roles');
    phase('dump');
    const dumping = dumpDatabase({
      server,
      database,
      major,
      snapshot: snapshot.name,
      policy: request.dump,
      tables,
      sink,
      scratch,
      events: request.events,
      signal,
      locked: () => void checkUnchanged(),
      programs: { dump: context.dump.path, restore: context.restore.path },
      largeObjects: Number(blobs?.count),
    });
    const describing = describeDatabase(session, { context, request, sink });
    const counting = describing.then(() =>
      countInSnapshot(context, {
        database,
        snapshot: snapshot.name,
        tables,
        hashes: request.dump.serverHashes,
        lockWaitMs: request.dump.lockWait,
        signal,
      }),
    );
    // All must have ended before anything is thrown: none may go on using scratch or the snapshot.
    for (const work of [dumping, describing, counting]) work.catch((error: unknown) => failed.abort(error));
    const [dumped, described, counted] = await Promise.allSettled([dumping, describing, counting]);
    await unchanged?.catch(() => undefined);
    if (failed.signal.aborted && !request.signal.aborted) throw failed.signal.reason;
    if (dumped.status === 'rejected') throw dumped.reason;
    if (described.status === 'rejected') throw described.reason;
    if (counted.status === 'rejected') throw counted.reason;

    phase('proof');
    await checkUnchanged();
    const { access, excluded, source, texts } = described.value;
    try {
      checkCounts(counted.value, tables, dumped.value.entries);
    } catch (error) {
      // Counted after pg_dump let go of its locks, a table may have been rewritten meanwhile: another try may do.
      await refuseChanged();
      throw error;
    }
    await checkLargeObjects(session, dumped.value.largeObjects, access.facts);
    const lost = await readLostRows(session, { tables, facts: access.facts });
    const inventory = widenSequenceStates(
      excluded.without(withNewSequences(access.facts)),
      await readSequenceStates(session),
    );
    // A restore may lay a row into another partition of the same table, so their hashes would be no proof.
    const movable = await hashPartitions(session);
    const hashed = tables.filter(({ name }) => !movable.has(name));
    await session.run('COMMIT');
    phase(undefined);
    return {
      engine: 'postgresql',
      source,
      clients: [
        { program: 'pg_dump', version: context.dump.version },
        { program: 'pg_restore', version: context.restore.version },
      ],
      snapshot: { time: new Date(snapshot.timeMs).toISOString(), position: snapshot.position },
      access: { fingerprint: access.fingerprint, passwords: access.passwords },
      degradations: [...ahead.degradations, ...access.degradations, ...lost, ...exclusions(excluded.relations, tables)],
      steps: stepsOf(texts),
      entries: [...described.value.entries, ...dumped.value.entries],
      inventory: [...inventory, ...hashFacts(counted.value, hashed)],
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

interface Described {
  readonly access: Access;
  readonly excluded: Excluded;
  readonly source: Captured['source'];
  readonly texts: Readonly<Record<string, unknown>>;
  readonly entries: readonly EntryWithoutParts[];
}

/** The inventory and the texts made of it, in the snapshot of the session. */
async function describeDatabase(
  session: Session,
  {
    context,
    request,
    sink,
  }: {
    readonly context: CaptureContext;
    readonly request: CaptureRequest;
    readonly sink: CaptureSink;
  },
): Promise<Described> {
  const { holds } = request;
  const { database } = request.address;
  const access = await readAccess(session, { holds, digestKey: context.digestKey });
  const { facts, bootstrap } = access;
  const excluded = await readExcluded(session, request.dump.excludeTables);
  const source = await readSource(session, facts, bootstrap);

  const { versionNumber } = session;
  const texts = {
    ...(holds.roles === 'none'
      ? {}
      : { roles: rolesSql(facts, { versionNumber, bootstrap, passwords: holds.passwords }) }),
    database: databaseSql(facts, { name: database, bootstrap }),
    supplement: (await supplementSql(session, bootstrap)) + (await templateLeftoversSql(session)),
  };
  const entries: EntryWithoutParts[] = [];
  for (const [kind, text] of Object.entries(texts) as [keyof typeof texts, string][]) {
    await sink.text(kind, text);
    entries.push(textEntry(kind, text));
  }
  return { access, excluded, source, texts, entries };
}

interface Snapshot {
  readonly name: string;
  /** Of the transaction's beginning, which is just before the snapshot: the data is never older than it says. */
  readonly timeMs: number;
  readonly position: string | null;
}

async function openSnapshot(session: Session): Promise<Snapshot> {
  await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const [row] = await session.query<{ name: string; time: string; position: string | null }>(`
    SELECT pg_export_snapshot() AS name, floor(extract(epoch FROM transaction_timestamp()) * 1000)::bigint AS time,
      CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS position`);
  if (row === undefined) throw new TypeError('a query without FROM gave no row');
  return { name: row.name, timeMs: Number(row.time), position: row.position };
}

interface CountRequest {
  readonly database: string;
  readonly snapshot: string;
  readonly tables: readonly DumpableTable[];
  readonly hashes: boolean;
  readonly lockWaitMs: number;
  readonly signal: AbortSignal;
}

/** One session beside pg_dump's: counting is cheap, and the source has other work. */
async function countInSnapshot(context: CaptureContext, request: CountRequest): ReturnType<typeof countTables> {
  await using session = await openSession(context.server, request.database, {
    signal: request.signal,
    lockWaitMs: request.lockWaitMs,
  });
  await session.run(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '${request.snapshot}'`);
  return await countTables([session], request.tables, { hashes: request.hashes });
}

function exclusions(relations: readonly ExcludedRelation[], tables: readonly DumpableTable[]): readonly Degradation[] {
  return [
    ...relations.map(({ name, neededBy }) => ({
      code: 'table-excluded' as const,
      subject: name,
      detail: `the policy leaves this table out${neededBy.length === 0 ? '' : `; a restore fails, because the backup has what needs it: ${some(neededBy)}`}`,
    })),
    ...tables
      .filter(({ excluded }) => excluded === 'data')
      .map(({ name }) => ({
        code: 'table-data-excluded' as const,
        subject: name,
        detail: 'the policy leaves the rows of this table out',
      })),
  ];
}

/** `file` is the name that a person unpacks it to. */
function textEntry(kind: 'roles' | 'database' | 'supplement', text: string): EntryWithoutParts {
  const bytes = Buffer.from(text, 'utf8');
  const digest = createHash('sha256').update(bytes).digest('hex');
  return {
    kind,
    subject: `${kind}.sql`,
    file: `${kind}.sql`,
    rows: null,
    columns: null,
    plainBytes: bytes.byteLength,
    digest,
  };
}

function stepsOf(texts: Readonly<Record<string, unknown>>): readonly Step[] {
  return [
    ...('roles' in texts ? [{ phase: 'roles' as const, tool: 'sql' as const, subjects: ['roles'] }] : []),
    { phase: 'database', tool: 'sql', subjects: ['database'] },
    { phase: 'data', tool: 'pg_restore', subjects: ['dump-toc', 'table-data', 'large-object-toc', 'large-object'] },
    { phase: 'supplement', tool: 'sql', subjects: ['supplement'] },
    { phase: 'analyze', tool: 'analyze', subjects: [] },
  ];
}

/** Tells each phase as it begins and measures the one before; undefined ends the last. */
function phaseTimer(
  timings: Record<string, number>,
  tell: (phase: CapturePhase) => void,
): (next: CapturePhase | undefined) => void {
  let current: CapturePhase | undefined;
  let since = performance.now();
  return (next) => {
    if (current !== undefined) timings[current] = Math.round(performance.now() - since);
    current = next;
    since = performance.now();
    if (next !== undefined) tell(next);
  };
}
