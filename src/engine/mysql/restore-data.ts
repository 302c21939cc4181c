import { join } from 'node:path';
import { OperationError } from '../../base/operation-error.ts';
import { fileChunks } from '../../codec/file-chunks.ts';
import { decode } from '../../codec/decode.ts';
import type { ContentEntry } from '../../manifest/manifest.ts';
import type { ServerAccess } from '../server-access.ts';
import type { FoundClient } from './clients.ts';
import type { Flavour } from './flavour.ts';
import { runClient, textScript, type Script } from './run-client.ts';
import { ownDirectoryOnly } from './table-directories.ts';

export interface DataRequest {
  readonly flavour: Flavour;
  readonly client: FoundClient;
  readonly database: string;
  /** Where the files of the dump lie. */
  readonly directory: string;
  readonly entries: readonly ContentEntry[];
  /** Statements that every session begins with. */
  readonly preamble: readonly string[];
  readonly jobs: number;
  readonly signal: AbortSignal;
}

/**
 * Replays the files of a dump in the order of their names: what stands before the tables, then the tables in `jobs` sessions
 * at a time, each begun with the dump's own session settings (which put off foreign keys, so that tables may come in any
 * order), then the rest. Throws `restore/failed`.
 */
export async function restoreData(server: ServerAccess, request: DataRequest): Promise<void> {
  const { entries, jobs } = request;
  const files = entries
    .filter(({ kind }) => kind === 'dump-section' || kind === 'table-data')
    .toSorted((a, b) => (a.file < b.file ? -1 : 1));
  const [settings, ...rest] = files;
  if (settings?.kind !== 'dump-section')
    throw new OperationError('restore/failed', 'the dump does not begin with its session settings');
  const first = rest.findIndex(({ kind }) => kind === 'table-data');
  const last = rest.findLastIndex(({ kind }) => kind === 'table-data');
  const before = first === -1 ? rest : rest.slice(0, first);
  const tables = first === -1 ? [] : rest.slice(first, last + 1);
  const after = first === -1 ? [] : rest.slice(last + 1);
  const replay = async (files: Iterable<ContentEntry>, signal: AbortSignal): Promise<void> =>
    runClient(server, { ...request, signal, scripts: scriptsOf(request, settings, files) });

  await replay(before, request.signal);
  const queue = tables.toSorted((a, b) => b.plainBytes - a.plainBytes);
  const stopping = new AbortController();
  const signal = AbortSignal.any([request.signal, stopping.signal]);
  const workers = Array.from({ length: Math.min(jobs, queue.length) }, () =>
    replay(taken(queue), signal).catch((error: unknown) => {
      // The others work for nothing now; whoever failed first says why.
      stopping.abort(error);
      throw error;
    }),
  );
  const results = await Promise.allSettled(workers);
  if (stopping.signal.aborted) throw stopping.signal.reason;
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  await replay(after, request.signal);
}

/** Each worker takes the largest one that is left. */
function* taken(queue: ContentEntry[]): Generator<ContentEntry> {
  for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) yield entry;
}

function* scriptsOf(
  { directory, preamble }: DataRequest,
  settings: ContentEntry,
  files: Iterable<ContentEntry>,
): Generator<Script> {
  yield textScript('settings of the restore', preamble.map((statement) => `${statement};`).join('\n'));
  yield fileScript(directory, settings);
  // The dump's settings have a mode of their own.
  yield textScript('settings of the restore', `${ownDirectoryOnly};`);
  for (const entry of files) yield fileScript(directory, entry);
}

/** One file of the dump. Refuses one that decodes to another length than it had: what is fed cannot be taken back. */
function fileScript(directory: string, { kind, subject, file, plainBytes, parts }: ContentEntry): Script {
  return {
    what: `${kind === 'table-data' ? `table ${subject}` : subject} (${file})`,
    async feed(take) {
      let bytes = 0;
      let waiting: Promise<void> | undefined;
      const stored = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of fileChunks(join(directory, file))) {
          // Little at a time, since it may decode to a thousand times as much before anybody can say stop.
          for (let at = 0; at < chunk.byteLength; at += pieceBytes) {
            yield chunk.subarray(at, at + pieceBytes);
            await waiting;
          }
        }
      };
      await decode(stored(), parts[0]?.codec ?? 'none', (piece) => {
        bytes += piece.byteLength;
        waiting = take(piece) ?? waiting;
      });
      await waiting;
      if (bytes !== plainBytes)
        throw new OperationError('dump/truncated', `${file} has ${bytes} bytes, ${plainBytes} were recorded`);
    },
  };
}

const pieceBytes = 64 * 1024;
