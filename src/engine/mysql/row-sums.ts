import { createHash, type Hash } from 'node:crypto';

/** What stands for all rows of one table in whatever order. */
export interface RowSums {
  readonly rows: number;
  /** Hex: the sum, modulo 2^128, of the first 128 bits of every row's SHA-256. */
  readonly exact: string;
  /** The same with every -0 written as 0. */
  readonly withoutSigns: string;
}

const statement = Buffer.from('INSERT INTO ');
const delimiter = Buffer.from('DELIMITER ');
const heading = Buffer.from('-- Dumping data for table ');

const newline = 0x0a;
const quote = 0x27;
const backtick = 0x60;
const backslash = 0x5c;
const open = 0x28;
const close = 0x29;
const semicolon = 0x3b;
const comma = 0x2c;
const minus = 0x2d;
const zero = 0x30;
const letterV = 0x56;

type Where = 'structure' | 'rows' | 'skip' | 'head' | 'name' | 'values' | 'row' | 'text' | 'escape' | 'end';

/**
 * Reads what a dump has of one table, as `insertText` of the codec does, and hashes each row for itself: in constant memory,
 * whatever order the rows have. A number -0 is what dump programs write for a negative zero and what servers read as 0.
 * Slower by far than a digest of the whole, so it comes only after that one differed.
 */
export function rowSums(): { take(chunk: Uint8Array): void; finish(): RowSums } {
  const exact = sum();
  const withoutSigns = sum();
  let rows = 0;
  let where: Where = 'structure';
  let resume: Where = 'structure';
  /** The beginning of a line, until it is known what it is. */
  let line: number[] = [];
  let depth = 0;
  let row: number[] = [];
  let long: Hash | undefined;

  /** Rows are short as a rule; a long one is hashed in pieces. */
  const spill = (): Hash => {
    long ??= createHash('sha256');
    long.update(Buffer.from(row));
    row = [];
    return long;
  };

  const endRow = (): void => {
    rows += 1;
    if (long !== undefined) {
      const digest = spill().digest();
      exact.add(digest);
      withoutSigns.add(digest);
    } else {
      const bytes = Buffer.from(row);
      const digest = createHash('sha256').update(bytes).digest();
      exact.add(digest);
      const plain = withoutNegativeZeros(bytes);
      withoutSigns.add(plain === bytes ? digest : createHash('sha256').update(plain).digest());
    }
    row = [];
    long = undefined;
  };

  const atLineStart = (byte: number): void => {
    if (byte === newline) {
      line = [];
      return;
    }
    line.push(byte);
    const begins = (what: Buffer): boolean => line.every((each, index) => each === what[index]);
    if (where === 'structure' ? begins(heading) : begins(statement) || begins(delimiter)) {
      if (where === 'structure' && line.length === heading.length) skipTo('rows');
      else if (where === 'rows' && line.length === statement.length && begins(statement)) {
        where = 'head';
        depth = 0;
        line = [];
      } else if (where === 'rows' && line.length === delimiter.length && begins(delimiter)) where = 'end';
    } else skipTo(where);
  };
  const skipTo = (next: Where): void => {
    resume = next;
    where = 'skip';
    line = [];
  };

  const step = (byte: number): void => {
    switch (where) {
      case 'structure':
      case 'rows':
        return atLineStart(byte);
      case 'skip':
        if (byte === newline) where = resume;
        return;
      case 'name':
        if (byte === backtick) where = 'head';
        return;
      case 'head':
        if (byte === backtick) where = 'name';
        else if (byte === open) depth += 1;
        else if (byte === close) depth -= 1;
        else if (byte === letterV && depth === 0) where = 'values';
        return;
      case 'values':
        if (byte === open) where = 'row';
        else if (byte === semicolon) skipTo('rows');
        return;
      case 'row':
        if (byte === close) {
          where = 'values';
          return endRow();
        }
        if (byte === quote) where = 'text';
        break;
      case 'text':
        if (byte === quote) where = 'row';
        else if (byte === backslash) where = 'escape';
        break;
      case 'escape':
        where = 'text';
        break;
      case 'end':
        return;
      default:
        return where satisfies never;
    }
    row.push(byte);
    if (row.length >= piece) spill();
  };

  return {
    take(chunk) {
      for (const byte of chunk) {
        if (where === 'end') return;
        step(byte);
      }
    },
    finish: () => ({ rows, exact: exact.hex(), withoutSigns: withoutSigns.hex() }),
  };
}

const piece = 64 * 1024;

/** The row itself where it has none. */
function withoutNegativeZeros(row: Buffer): Buffer {
  if (row.indexOf('-0') === -1) return row;
  const kept: number[] = [];
  let within = false;
  for (let at = 0; at < row.length; at += 1) {
    const byte = row[at] as number;
    if (byte === quote) within = !within;
    else if (byte === backslash && within) {
      kept.push(byte);
      at += 1;
    }
    const [before, after] = [row[at - 1], row[at + 2]];
    const alone = (before === undefined || before === comma) && (after === undefined || after === comma);
    if (!within && byte === minus && row[at + 1] === zero && alone) continue;
    kept.push(row[at] as number);
  }
  return Buffer.from(kept);
}

/** A sum of numbers of 128 bits in four parts of 32: addition does not care about the order, and no row cancels out another. */
function sum(): { add(digest: Buffer): void; hex(): string } {
  const lanes = new Uint32Array(4);
  return {
    add(digest) {
      let carry = 0;
      for (let lane = 3; lane >= 0; lane -= 1) {
        const total = (lanes[lane] as number) + digest.readUInt32BE(lane * 4) + carry;
        lanes[lane] = total % 4_294_967_296;
        carry = total > 4_294_967_295 ? 1 : 0;
      }
    },
    hex: () => [...lanes].map((lane) => lane.toString(16).padStart(8, '0')).join(''),
  };
}
