import { open, type FileHandle } from 'node:fs/promises';
import { chunkBytes } from './hash.ts';

/**
 * The bytes of an open file from its start, in chunks that share one buffer: each is valid only until the next is asked
 * for. A stream allocates every chunk anew, and with a gigabyte of them the collector takes longer than the hashing.
 */
export async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  const { size } = await file.stat();
  const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(size, chunkBytes)));
  for (let position = 0; ;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, position);
    if (bytesRead === 0) {
      // Whoever asks for more is done with all before; where the reader stopped earlier, a decoder may still be at it.
      buffer.buffer.transfer(0);
      return;
    }
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** `chunksOf` for a path. */
export async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    yield* chunksOf(file);
  } finally {
    await file.close();
  }
}
