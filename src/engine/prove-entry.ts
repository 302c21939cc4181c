import { OperationError } from '../base/operation-error.ts';
import { proveStream, type ProofOptions } from '../codec/prove-copy.ts';
import type { ContentEntry } from '../manifest/manifest.ts';
import type { Engine } from './engine.ts';

/**
 * L2 of one stored entry: decodes its bytes to their end and compares with what contents say. Gives the differences in
 * words, none where it holds; a file that does not decode is a difference too. Errors of the storage are thrown.
 * `rowsAs` is how the engine's dump program writes rows.
 */
export function proveEntry(rowsAs: Exclude<ProofOptions['as'], 'opaque'>): Engine['proveEntry'] {
  return async (entry, parts) => {
    const [{ codec }] = entry.parts as readonly [ContentEntry['parts'][number]];
    try {
      const proof = await proveStream(parts, { codec, as: entry.kind === 'table-data' ? rowsAs : 'opaque' });
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
      if (error instanceof OperationError && error.code === 'dump/truncated')
        return [`${entry.file}: ${error.message}`];
      throw error;
    }
  };
}
