import type { CaptureRequest, CaptureSink } from '../engine.ts';
import type { CaptureContext } from './capture.ts';
import type { countTables } from './counts.ts';
import { describeDatabase, type Described } from './describe-database.ts';
import { dumpDatabase } from './dump.ts';
import { readDefinitions, refuseDropped, type Definition } from './dropped-objects.ts';
import { refuseRewritten } from './rewritten-tables.ts';
import { openSession, type Session } from './session.ts';
import { countInSnapshot, type Snapshot } from './snapshot.ts';
import type { DumpableTable } from './tables.ts';

export interface DumpInSnapshot {
  readonly context: CaptureContext;
  readonly request: CaptureRequest;
  readonly sink: CaptureSink;
  readonly session: Session;
  readonly snapshot: Snapshot;
  readonly scratch: string;
  readonly tables: readonly DumpableTable[];
}

export interface DumpedInSnapshot {
  readonly dumped: Awaited<ReturnType<typeof dumpDatabase>>;
  readonly described: Described;
  readonly counted: Awaited<ReturnType<typeof countTables>>;
}

/**
 * The dump, the inventory and the counts, side by side in one snapshot; pg_dump first, because until it has its locks another
 * session can empty a table under the snapshot. Whatever fails aborts `failed`, which ends the others and the session, and
 * nothing is thrown before all have ended: none may go on using scratch or the snapshot.
 */
export async function dumpInSnapshot(work: DumpInSnapshot, failed: AbortController): Promise<DumpedInSnapshot> {
  const { context, request, sink, session, snapshot, scratch, tables } = work;
  const { server } = context;
  const { database } = request.address;
  const signal = AbortSignal.any([request.signal, failed.signal]);
  const [found] = await session.query<{ blobs: string; encoding: string }>(
    "SELECT count(*) AS blobs, current_setting('server_encoding') AS encoding FROM pg_largeobject_metadata",
  );
  const known = { database, tables, definitions: await readDefinitions(session), lockWaitMs: request.dump.lockWait };
  let unchanged: Promise<void> | undefined;
  const dumping = dumpDatabase({
    server,
    database,
    major: Math.floor(session.versionNumber / 10_000),
    encoding: found?.encoding ?? 'UTF8',
    snapshot: snapshot.name,
    policy: request.dump,
    tables,
    sink,
    scratch,
    events: request.events,
    signal,
    locked: () => {
      unchanged ??= refuseChanged(context, { ...known, signal });
      unchanged.catch((error: unknown) => failed.abort(error));
    },
    programs: { dump: context.dump.path, restore: context.restore.path },
    largeObjects: Number(found?.blobs),
  });
  const describing = describeDatabase(session, { digestKey: context.digestKey, request, sink });
  const counting = describing.then(() =>
    countInSnapshot(server, {
      database,
      snapshot: snapshot.name,
      tables,
      hashes: request.dump.serverHashes,
      lockWaitMs: request.dump.lockWait,
      signal,
    }),
  );
  for (const each of [dumping, describing, counting]) each.catch((error: unknown) => failed.abort(error));
  await Promise.allSettled([dumping, describing, counting]);
  await unchanged?.catch(() => undefined);
  if (failed.signal.aborted && !request.signal.aborted) throw failed.signal.reason;
  if (unchanged === undefined) await refuseChanged(context, { ...known, signal: request.signal });
  return { dumped: await dumping, described: await describing, counted: await counting };
}

/** Throws where the dump cannot be what the snapshot saw, as a session without that snapshot sees it. */
export async function refuseChanged(
  { server }: CaptureContext,
  { database, tables, definitions, lockWaitMs, signal }: Unchanged,
): Promise<void> {
  await using latest = await openSession(server, database, { signal, lockWaitMs });
  await refuseRewritten(latest, tables);
  await refuseDropped(latest, definitions);
}

interface Unchanged {
  readonly database: string;
  readonly tables: readonly DumpableTable[];
  readonly definitions: readonly Definition[];
  readonly lockWaitMs: number;
  readonly signal: AbortSignal;
}
