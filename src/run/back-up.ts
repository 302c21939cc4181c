import { canonicalJson } from '../base/json.ts';
import { formatAddress } from '../base/address.ts';
import { instant, isoTime } from '../base/instant.ts';
import { InternalError, OperationError } from '../base/operation-error.ts';
import type { CaptureBracket, Captured, CapturePhase, CaptureSink } from '../engine/engine.ts';
import { backupId, contentsKey, manifestKey, type BackupId } from '../manifest/keys.ts';
import { decodeManifest } from '../manifest/decode.ts';
import { encodeContents, encodeManifest } from '../manifest/encode.ts';
import type { ContentEntry, Contents, Manifest } from '../manifest/manifest.ts';
import type { BackUp } from '../plan/plan.ts';
import { holdsOf } from '../plan/holds.ts';
import { backupWriter, type BackupWriter } from '../repository/backup-writer.ts';
import { newestBackup, readManifest } from '../repository/catalogue.ts';
import { sweepUnfinished } from '../repository/remove.ts';
import type { CommittedBackup, Lease, Repository } from '../repository/repository.ts';
import { openScratch } from '../system/scratch.ts';
import { holdLease } from './lease.ts';
import { phaseEvents } from './phases.ts';
import { timeLimit } from './time-limit.ts';
import type { Tools } from './tools.ts';

/** What a successful backup is, read back from the repository. */
export interface Committed {
  readonly id: BackupId;
  readonly manifest: Manifest;
}

const phases: readonly (CapturePhase | 'commit')[] = ['preflight', 'snapshot', 'dump', 'proof', 'commit'];

/**
 * Makes one backup of one database and commits it, or leaves nothing: when anything fails, the objects stored so far are
 * removed at once where that is possible, and by the next run's sweep otherwise. Holds the database's capture lease throughout.
 */
export async function backUp(
  action: BackUp,
  bracket: CaptureBracket,
  repository: Repository,
  tools: Tools,
): Promise<Committed> {
  await using lease = await holdLease(repository, { kind: 'capture', address: action.address }, tools);
  const name = formatAddress(action.address);
  const events = phaseEvents(action.id, name, phases, tools);
  const startedAt = tools.clock.now();
  const since = tools.clock.monotonicMs();
  await using storage = captureStorage(repository, lease, tools);
  // The size of a database is no measure: its indexes are in no dump, and what is stored is compressed.
  const expectedBytes = action.estimate?.basis === 'last-backup' ? action.estimate.bytes : undefined;
  using limit = timeLimit(action.policy.dump.timeout, `the capture of ${name}`, tools.signal);
  try {
    const captured = await bracket.capture(
      {
        address: action.address,
        holds: holdsOf(action.policy),
        dump: action.policy.dump,
        signal: limit.signal,
        events: {
          phase: (phase) => events.enter(phase),
          progress: (done) => events.progress(done, expectedBytes),
        },
      },
      storage.sink,
    );
    limit[Symbol.dispose]();
    events.enter('commit');
    const committed = await commit({
      action,
      captured,
      storage: storage.begun(),
      repository,
      lease,
      startedAt,
      since,
      tools,
    });
    events.leave(committed.manifest.totals.storedBytes);
    return committed;
  } catch (error) {
    await storage.discard();
    throw tools.signal.aborted
      ? new OperationError('run/interrupted', 'stopped by a signal before the commit', { cause: error })
      : error;
  }
}

interface CaptureStorage extends AsyncDisposable {
  readonly sink: CaptureSink;
  begun(): { readonly id: BackupId; readonly writer: BackupWriter };
  discard(): Promise<void>;
}

/** The sink of one capture. The backup gets its id from the snapshot's time, so nothing is stored before `begin`. */
function captureStorage(repository: Repository, lease: Lease, tools: Tools): CaptureStorage {
  let state: { readonly id: BackupId; readonly writer: BackupWriter } | undefined;
  let release: (() => Promise<void>) | undefined;
  const begun = (): { readonly id: BackupId; readonly writer: BackupWriter } => {
    if (state === undefined) throw new InternalError('the capture stored something before its snapshot');
    return state;
  };
  return {
    begun,
    sink: {
      async begin(snapshotTimeMs) {
        const id = backupId(instant(snapshotTimeMs), tools.random(4));
        await lease.note(id);
        state = { id, writer: backupWriter(repository, id) };
        const near = await repository.scratch(id);
        if (near !== undefined) return { scratch: near };
        const scratch = await openScratch('capture');
        release = async () => scratch[Symbol.asyncDispose]();
        return { scratch: scratch.path };
      },
      file: (file) => begun().writer.file(file),
      text: (kind, text) => begun().writer.text(kind, text),
    },
    async discard() {
      // Best effort: what stays is a planned sweep of the next run, never a backup, for it has no manifest.
      if (state !== undefined) await sweepUnfinished(repository, state.id).catch(() => undefined);
    },
    async [Symbol.asyncDispose]() {
      await release?.();
    },
  };
}

interface CommitRequest {
  readonly action: BackUp;
  readonly captured: Captured;
  readonly storage: { readonly id: BackupId; readonly writer: BackupWriter };
  readonly repository: Repository;
  readonly lease: Lease;
  readonly startedAt: ReturnType<Tools['clock']['now']>;
  /** The same moment by the clock that nobody sets. */
  readonly since: number;
  readonly tools: Tools;
}

/** Contents, then the manifest as the last object, then proof by reading the manifest back. */
async function commit(request: CommitRequest): Promise<Committed> {
  const { action, captured, storage, repository, lease, startedAt, since, tools } = request;
  const stored = await storage.writer.finish();
  const entries: ContentEntry[] = captured.entries.map((entry) => {
    const parts = stored.parts.get(entry.file);
    if (parts === undefined) throw new InternalError(`no stored parts for ${entry.file}`);
    return { ...entry, parts };
  });
  if (entries.length !== stored.parts.size)
    throw new InternalError('the capture stored files that it did not account for');
  const contents: Contents = {
    formatVersion: 1,
    kind: 'holdfast.contents',
    id: storage.id,
    entries,
    inventory: captured.inventory,
    accessText: captured.accessText,
    roles: captured.roles,
  };
  const encoded = encodeContents(contents);
  const contentsObject = await repository.put(contentsKey(storage.id), oneChunk(encoded));
  const previous = latest(await newestBackup(repository, action.address), lease.lastCommit);
  const tables = entries.filter((entry) => entry.kind === 'table-data');
  const finishedAt = tools.clock.now();
  const manifest: Manifest = {
    formatVersion: 1,
    kind: 'holdfast.manifest',
    id: storage.id,
    address: action.address,
    sequence: (previous?.sequence ?? 0) + 1,
    previous: previous?.id ?? null,
    tool: tools.tool,
    engine: captured.engine,
    method: 'logical',
    source: captured.source,
    clients: captured.clients,
    snapshot: captured.snapshot,
    startedAt: isoTime(startedAt),
    finishedAt: isoTime(finishedAt),
    holds: holdsOf(action.policy),
    access: captured.access,
    degradations: captured.degradations,
    proof: { level: 'L2', at: isoTime(finishedAt) },
    totals: {
      tables: tables.length,
      rows: tables.reduce((sum, entry) => sum + (entry.rows ?? 0), 0),
      largeObjects: entries.filter((entry) => entry.kind === 'large-object').length,
      plainBytes: entries.reduce((sum, entry) => sum + entry.plainBytes, 0),
      storedBytes: stored.storedBytes + contentsObject.bytes,
      objects: stored.objects + 1,
    },
    contents: {
      object: contentsKey(storage.id),
      offset: 0,
      length: contentsObject.bytes,
      storedSha256: contentsObject.sha256,
      codec: 'zstd',
    },
    steps: captured.steps,
    timings: { ...captured.timings, total: Math.round(tools.clock.monotonicMs() - since) },
  };
  const document = encodeManifest(manifest);
  // What nobody could read again must not be stored.
  decodeManifest(document, { address: action.address, id: storage.id });
  await lease.check();
  tools.signal.throwIfAborted();
  await repository.commit(manifestKey(action.address, storage.id), document);
  lease.committed({ id: storage.id, sequence: manifest.sequence });
  const readBack = await readManifest(repository, action.address, storage.id);
  if (canonicalJson(readBack) !== canonicalJson(manifest))
    throw new OperationError(
      'repository/object-corrupt',
      `manifest ${storage.id} reads back otherwise than it was written`,
    );
  return { id: storage.id, manifest: readBack };
}

/** Where the newest manifest was taken away, the lease still knows of it: its number stays its own, and the gap shows. */
function latest(
  present: CommittedBackup | undefined,
  remembered: CommittedBackup | undefined,
): CommittedBackup | undefined {
  return remembered !== undefined && remembered.sequence > (present?.sequence ?? 0) ? remembered : present;
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
