import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { messageOf, OperationError } from '../base/operation-error.ts';

/** One zstd frame with a checksum (RFC 8878, 3.1.1), readable by the zstd program. For artefacts that fit into memory. */
export function compressText(text: string | Uint8Array): Buffer {
  return zstdCompressSync(text, {
    params: { [constants.ZSTD_c_checksumFlag]: 1, [constants.ZSTD_c_compressionLevel]: 3 },
  });
}

/**
 * All frames of `stored`, checksums verified. Throws `dump/truncated` where it is anything but complete frames, and where
 * it decodes to more than `limitBytes`.
 */
export function decompress(stored: Uint8Array, limitBytes: number): Buffer {
  const frames: Buffer[] = [];
  let left = limitBytes;
  let rest = stored;
  do {
    const { plain, consumed } = decodeFrame(rest, left);
    frames.push(plain);
    left -= plain.byteLength;
    rest = rest.subarray(consumed);
  } while (rest.byteLength > 0);
  return Buffer.concat(frames);
}

/** The decoder stops after one frame without a word; its count of the bytes it took tells where the next one starts. */
function decodeFrame(stored: Uint8Array, limitBytes: number): { readonly plain: Buffer; readonly consumed: number } {
  try {
    const decoded = zstdDecompressSync(stored, { info: true, maxOutputLength: Math.max(1, limitBytes) });
    const { buffer, engine } = decoded as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    if (engine.bytesWritten === 0) throw new Error('no frame');
    return { plain: buffer, consumed: engine.bytesWritten };
  } catch (error) {
    throw new OperationError('dump/truncated', `the zstd data does not decode (${messageOf(error).toLowerCase()})`);
  }
}
