/**
 * Frees a buffer that a stream has handed over and that nobody will look at again. Left to the collector, 60 to 80 MB of
 * them wait at any time. What is a part of a buffer, Node's pool of small ones for instance, is left alone.
 */
export function release(chunk: Buffer): void {
  if (chunk.buffer instanceof ArrayBuffer && chunk.byteLength === chunk.buffer.byteLength) chunk.buffer.transfer(0);
}

/**
 * The same for a piece of a buffer of `size` bytes that a codec fills one piece after the other: only the piece that reaches
 * its end, with which the codec has left it for the next. Every piece before has to be done with. What shares its memory with
 * strangers (Node's pool of small buffers) lies in a buffer of another size.
 */
export function releaseFilled(chunk: Buffer, size: number): void {
  const { buffer, byteOffset, byteLength } = chunk;
  if (byteOffset + byteLength === size) releaseOutput(buffer, size);
}

/** For the last of them, which nothing filled, once the codec has ended. */
export function releaseOutput(buffer: ArrayBufferLike, size: number): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === size) buffer.transfer(0);
}
