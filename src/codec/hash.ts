import { createHash } from 'node:crypto';

/** Big enough that the work per chunk outweighs the hop to the thread pool, small enough to keep the event loop lively. */
export const chunkBytes = 512 * 1024;

/** Hex sha256. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Hex sha256 of a stream, and its length. */
export async function hashStream(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of source) {
    hash.update(chunk);
    bytes += chunk.byteLength;
  }
  return { bytes, sha256: hash.digest('hex') };
}
