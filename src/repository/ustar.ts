const blockBytes = 512;

/** The header of one regular file in a tar archive (POSIX.1-1988 ustar, pax(1)): mode 0600, no owner, no time. */
export function ustarHeader(name: string, bytes: number): Buffer {
  if (Buffer.byteLength(name) > 100 || bytes >= 8 ** 11) throw new RangeError('too long for a ustar header');
  const header = Buffer.alloc(blockBytes);
  header.write(name, 0, 'utf8');
  header.write('0000600\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\0' + '00', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** What fills a member up to the next block. */
export function ustarPadding(bytes: number): Buffer {
  return Buffer.alloc((blockBytes - (bytes % blockBytes)) % blockBytes);
}

/** The end of an archive: two empty blocks. */
export const ustarEnd: Buffer = Buffer.alloc(2 * blockBytes);
