import { readFile, rm } from 'node:fs/promises';
import { OperationError } from '../base/operation-error.ts';
import { sha256 } from '../codec/hash.ts';
import { compressText } from '../codec/zstd.ts';
import { dataKey, type BackupId } from '../manifest/keys.ts';
import type { Codec, ContentEntry, Part, TextKind } from '../manifest/manifest.ts';
import type { Repository } from './repository.ts';
import { ustarEnd, ustarHeader, ustarPadding } from './ustar.ts';

/** A finished file on its way into the repository, hashed by whoever made it. */
export interface IncomingFile {
  readonly file: string;
  readonly path: string;
  readonly storedBytes: number;
  readonly storedSha256: string;
  readonly codec: Codec;
}

export interface StoredBackup {
  /** By `ContentEntry.file`: the name in the dump, `<kind>.sql` for texts. */
  readonly parts: ReadonlyMap<string, ContentEntry['parts']>;
  readonly storedBytes: number;
  readonly objects: number;
}

/** The storage side of one capture. Calls may overlap. */
export interface BackupWriter {
  /**
   * Stores a file, which is gone from its place afterwards. Throws `repository/object-corrupt` where it is not what was
   * hashed.
   */
  file(file: IncomingFile): Promise<void>;
  /** Stores a small text, compressed, as the entry `<kind>.sql`. */
  text(kind: TextKind, text: string): Promise<void>;
  /** Stores what is still pending, removes the scratch space, and says where everything lies. Once, after everything else. */
  finish(): Promise<StoredBackup>;
}

/** Below this, files share an object: a database of ten thousand small tables must not need ten thousand fsyncs. */
const smallBytes = 64 * 1024;
const packBytes = 16 * 1024 * 1024;

interface Pending {
  readonly file: string;
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly codec: Codec;
}

/** Big files become objects of their own, small ones members of plain tar objects that stock tar unpacks. */
export function backupWriter(repository: Repository, id: BackupId): BackupWriter {
  const parts = new Map<string, ContentEntry['parts']>();
  const packs: Promise<void>[] = [];
  let pending: Pending[] = [];
  let pendingBytes = 0;
  let packsBegun = 0;
  const totals = { storedBytes: 0, objects: 0 };

  const account = (file: string, part: Part): void => {
    if (parts.has(file)) throw new OperationError('repository/object-exists', `the backup already has a file ${file}`);
    parts.set(file, [part]);
  };
  const pack = (): Promise<void> => {
    const members = pending;
    pending = [];
    pendingBytes = 0;
    if (members.length === 0) return Promise.resolve();
    packsBegun += 1;
    return storePack(dataKey(id, `small-${packsBegun}.tar`), members);
  };
  const storePack = async (object: string, members: readonly Pending[]): Promise<void> => {
    const { bytes, placed } = archiveOf(object, members);
    const stored = await repository.put(object, once(bytes));
    if (stored.sha256 !== sha256(bytes))
      throw new OperationError('repository/object-corrupt', `${object} reads back otherwise than it was written`);
    for (const { file, part } of placed) account(file, part);
    totals.storedBytes += stored.bytes;
    totals.objects += 1;
  };
  const add = async (member: Pending): Promise<void> => {
    pending.push(member);
    pendingBytes += member.bytes.byteLength;
    if (pendingBytes < packBytes) return;
    const packed = pack();
    packs.push(packed);
    await packed;
  };

  return {
    file: async ({ file, path, storedBytes, storedSha256, codec }) => {
      if (storedBytes < smallBytes) {
        const bytes = await readFile(path);
        if (bytes.byteLength !== storedBytes || sha256(bytes) !== storedSha256) throw changed(file);
        await add({ file, bytes, sha256: storedSha256, codec });
        await rm(path);
        return;
      }
      const object = dataKey(id, `dump/${file}`);
      const stored = await repository.adopt(object, path, storedSha256);
      if (stored.bytes !== storedBytes) throw changed(file);
      account(file, { object, offset: 0, length: storedBytes, storedSha256, codec });
      totals.storedBytes += storedBytes;
      totals.objects += 1;
    },
    text: async (kind, text) => {
      const bytes = compressText(text);
      const file = `${kind}.sql`;
      const object = dataKey(id, `${file}.zst`);
      const expected = sha256(bytes);
      const stored = await repository.put(object, once(bytes));
      if (stored.sha256 !== expected) throw changed(file);
      account(file, { object, offset: 0, length: stored.bytes, storedSha256: expected, codec: 'zstd' });
      totals.storedBytes += stored.bytes;
      totals.objects += 1;
    },
    finish: async () => {
      await Promise.all([...packs, pack()]);
      await repository.removeScratch(id);
      return { parts, ...totals };
    },
  };
}

function archiveOf(
  object: string,
  members: readonly Pending[],
): { readonly bytes: Buffer; readonly placed: readonly { readonly file: string; readonly part: Part }[] } {
  const pieces: Buffer[] = [];
  const placed: { readonly file: string; readonly part: Part }[] = [];
  let at = 0;
  const push = (piece: Buffer): void => {
    pieces.push(piece);
    at += piece.byteLength;
  };
  for (const { file, bytes, sha256: storedSha256, codec } of members) {
    push(ustarHeader(file, bytes.byteLength));
    placed.push({ file, part: { object, offset: at, length: bytes.byteLength, storedSha256, codec } });
    push(bytes);
    push(ustarPadding(bytes.byteLength));
  }
  push(ustarEnd);
  return { bytes: Buffer.concat(pieces), placed };
}

function changed(file: string): OperationError {
  return new OperationError('repository/object-corrupt', `${file} differs from what was proven before it was stored`);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
