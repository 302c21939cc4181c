/**
 * Frees a buffer that a stream has handed over and that nobody will look at again. Left to the collector, 60 to 80 MB of
 * them wait at any time. What is a part of a buffer, Node's pool of small ones for instance, is left alone.
 */
export function release(chunk: Buffer): void {
  if (chunk.buffer instanceof ArrayBuffer && chunk.byteLength === chunk.buffer.byteLength) chunk.buffer.transfer(0);
}
