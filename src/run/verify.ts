import type { Address } from '../base/address.ts';
import { OperationError } from '../base/operation-error.ts';
import type { BackupId } from '../manifest/keys.ts';
import { verifyRecord } from '../manifest/records.ts';
import { backupReader } from '../repository/backup-reader.ts';
import { readContents, readManifest, writeRecord } from '../repository/catalogue.ts';
import type { Repository } from '../repository/repository.ts';
import type { VerifyReport } from './outcome.ts';
import type { Tools } from './tools.ts';

export interface VerifyRequest {
  readonly repository: Repository;
  readonly address: Address;
  readonly backup: BackupId;
  /**
   * L1: every stored byte has its recorded checksum. L2: also, every artefact decodes to its end and holds the recorded rows.
   */
  readonly level: 'L1' | 'L2';
  /** What its progress goes by. */
  readonly key: string;
}

/**
 * Reads one whole backup and says what is wrong with it; a damaged backup is a report, not an error. Writes a record, also of
 * a failure; where it cannot be written, the report says so and is no less true. Throws only where the repository itself cannot
 * be read (which says nothing about the backup).
 */
export async function verifyBackup(request: VerifyRequest, tools: Tools): Promise<VerifyReport> {
  const since = tools.clock.monotonicMs();
  const { repository, address, backup, level } = request;
  const findings = await examine(request, tools);
  const report: VerifyReport = {
    address,
    backup,
    level,
    passed: findings.problems.length === 0,
    objects: findings.objects,
    storedBytes: findings.storedBytes,
    plainBytes: findings.plainBytes,
    ms: Math.round(tools.clock.monotonicMs() - since),
    problems: findings.problems,
  };
  const record = verifyRecord({ report, at: tools.clock.now(), tool: tools.tool });
  const notRecorded = await notStored(() => writeRecord(repository, record, tools.random));
  return notRecorded === undefined ? report : { ...report, notRecorded };
}

/** Why something that is known could not be stored; undefined where it was. A verdict must not go down with its record. */
export async function notStored(store: () => Promise<void>): Promise<OperationError | undefined> {
  try {
    await store();
    return undefined;
  } catch (error) {
    if (error instanceof OperationError) return error;
    throw error;
  }
}

interface Findings {
  readonly objects: number;
  readonly storedBytes: number;
  readonly plainBytes: number;
  readonly problems: readonly string[];
}

async function examine({ repository, address, backup, level, key }: VerifyRequest, tools: Tools): Promise<Findings> {
  const problems: string[] = [];
  const totals = { objects: 0, storedBytes: 0, plainBytes: 0 };
  const inspect = async (name: string, look: () => Promise<readonly string[]>): Promise<void> => {
    try {
      problems.push(...(await look()).map((problem) => `${name}: ${problem}`));
    } catch (error) {
      if (!isDamage(error)) throw error;
      problems.push(`${name}: ${error.message}`);
    }
  };
  await inspect('manifest', async () => {
    const manifest = await readManifest(repository, address, backup);
    const contents = await readContents(repository, manifest);
    const reader = backupReader(repository);
    const told = telling(key, manifest.totals.storedBytes, tools);
    totals.objects += 1;
    for (const entry of contents.entries) {
      tools.signal.throwIfAborted();
      totals.objects += 1;
      totals.plainBytes += entry.plainBytes;
      totals.storedBytes += entry.parts.reduce((sum, part) => sum + part.length, 0);
      await inspect(`${entry.kind} ${entry.subject} (${entry.file})`, async () =>
        level === 'L2'
          ? tools.engine(manifest.engine).proveEntry(entry, told(reader.readEntry(entry)))
          : drain(told(reader.readEntry(entry))),
      );
    }
    return [];
  });
  return { ...totals, problems };
}

/** Lets bytes pass and tells about once a second how many did so far. */
function telling(
  key: string,
  expectedBytes: number,
  { clock, emit }: Tools,
): (parts: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array> {
  let storedBytes = 0;
  let nextAt = clock.monotonicMs() + 1_000;
  return async function* (parts) {
    for await (const chunk of parts) {
      yield chunk;
      storedBytes += chunk.byteLength;
      if (clock.monotonicMs() < nextAt) continue;
      nextAt = clock.monotonicMs() + 1_000;
      emit({ kind: 'progress', key, storedBytes, expectedBytes });
    }
  };
}

const damage: ReadonlySet<string> = new Set([
  'repository/object-corrupt',
  'repository/object-missing',
  'repository/object-unreadable',
  'repository/manifest-invalid',
  'dump/truncated',
  'dump/count-mismatch',
  'dump/entry-missing',
]);

function isDamage(error: unknown): error is OperationError {
  return error instanceof OperationError && damage.has(error.code);
}

/** Reading is checking: the reader compares every part with its checksum. */
async function drain(parts: AsyncIterable<Uint8Array>): Promise<readonly string[]> {
  for await (const _ of parts);
  return [];
}
