import { OperationError } from '../../base/operation-error.ts';
import { proveStream } from '../../codec/prove-copy.ts';
import type { ContentEntry } from '../../manifest/manifest.ts';

/**
 * L2 of one stored entry: decodes its bytes to their end and compares with what contents say. Gives the differences in
 * words, none where it holds; a file that does not decode is a difference too. Errors of the storage are thrown.
 */
export async function proveEntry(entry: ContentEntry, parts: AsyncIterable<Uint8Array>): Promise<readonly string[]> {
  const [{ codec }] = entry.parts as readonly [ContentEntry['parts'][number]];
  try {
    const proof = await proveStream(parts, { codec, as: entry.kind === 'table-data' ? 'insert-text' : 'opaque' });
    return [
      ...(proof.plainBytes === entry.plainBytes
        ? []
        : [`${entry.file} decodes to ${proof.plainBytes} bytes instead of ${entry.plainBytes}`]),
      ...(proof.rows === entry.rows
        ? []
        : [`${entry.file} has ${proof.rows ?? 'no'} rows instead of ${entry.rows ?? 'none'}`]),
      ...(proof.digest === entry.digest ? [] : [`${entry.file} has another content than was recorded`]),
    ];
  } catch (error) {
    if (error instanceof OperationError && error.code === 'dump/truncated') return [`${entry.file}: ${error.message}`];
    throw error;
  }
}
