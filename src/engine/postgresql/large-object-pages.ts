import { createHash } from 'node:crypto';
import { decode } from '../../codec/decode.ts';
import { fileChunks } from '../../codec/file-chunks.ts';
import type { Codec } from '../../manifest/manifest.ts';

/** Bytes of a page of a large object: a quarter of a block, and every distributed server has blocks of 8 KiB (`LOBLKSIZE`). */
const pageBytes = 2048;
const zeros = Buffer.alloc(pageBytes);

/**
 * The digest of a dumped large object that the inventory has for the one in the server: sha256 over number and sha256 of
 * each page without its trailing zeros, empty pages left out; null where none is left. Constant memory.
 */
export async function digestPages(path: string, codec: Codec): Promise<string | null> {
  const all = createHash('sha256');
  const page = Buffer.alloc(pageBytes);
  let filled = 0;
  let number = 0;
  let some = false;
  const close = (): void => {
    let length = filled;
    if (zeros.compare(page, 0, filled, 0, filled) === 0) length = 0;
    else while (page[length - 1] === 0) length -= 1;
    if (length > 0) {
      const position = Buffer.alloc(4);
      position.writeInt32BE(number);
      all.update(position).update(createHash('sha256').update(page.subarray(0, length)).digest());
      some = true;
    }
    number += 1;
    filled = 0;
  };
  await decode(fileChunks(path), codec, (chunk) => {
    for (let from = 0; from < chunk.byteLength;) {
      const piece = chunk.subarray(from, from + pageBytes - filled);
      page.set(piece, filled);
      filled += piece.byteLength;
      from += piece.byteLength;
      if (filled === pageBytes) close();
    }
  });
  if (filled > 0) close();
  return some ? all.digest('hex') : null;
}
