import { createHash } from 'node:crypto';
import { OperationError } from '../base/operation-error.ts';

/** What was read of one table of a MySQL or MariaDB dump. */
export interface InsertText {
  readonly plainBytes: number;
  /** Hex sha256 of the INSERT statements alone, each with its semicolon. */
  readonly digest: string;
  readonly rows: number;
}

const heading = Buffer.from('-- Dumping data for table ');
const statement = Buffer.from('INSERT INTO ');
const delimiter = Buffer.from('DELIMITER ');
/** The longest beginning of a line that has to be seen whole. */
const lookAhead = heading.byteLength;

const newline = 0x0a;
const quote = 0x27;
const backtick = 0x60;
const backslash = 0x5c;
const open = 0x28;
const close = 0x29;
const semicolon = 0x3b;
const letterV = 0x56;

/** `structure` and `triggers` are what stands before and after the rows. */
type Where = 'structure' | 'rows' | 'head' | 'name' | 'values' | 'text' | 'escape' | 'triggers';

/**
 * Reads the part of a dump that one table has, as mysqldump and mariadb-dump write it: its structure, the heading of its
 * rows, INSERT statements, triggers. Counts the rows with a scanner that knows quotes and escapes, in constant memory. A row
 * never has a raw newline; MySQL writes many rows in a line, MariaDB one. INSERT statements of triggers do not count: the first
 * DELIMITER line ends the rows. `finish` throws `dump/truncated` within a statement.
 */
export function insertText(): { take(chunk: Uint8Array): void; finish(): InsertText } {
  const hash = createHash('sha256');
  let plainBytes = 0;
  let rows = 0;
  let where: Where = 'structure';
  let depth = 0;
  let atLineStart = true;
  let held: Uint8Array = new Uint8Array();

  const linesFrom = (bytes: Buffer, from: number): number => {
    let at = from;
    while (at < bytes.byteLength) {
      if (atLineStart) {
        if (bytes.byteLength - at < lookAhead && bytes.indexOf(newline, at) === -1) break;
        if (where === 'structure' && startsWith(bytes, at, heading)) where = 'rows';
        else if (where === 'rows' && startsWith(bytes, at, delimiter)) where = 'triggers';
        else if (where === 'rows' && startsWith(bytes, at, statement)) {
          where = 'head';
          depth = 0;
          return at;
        }
        if (where === 'triggers') return bytes.byteLength;
      }
      const end = bytes.indexOf(newline, at);
      atLineStart = end !== -1;
      at = end === -1 ? bytes.byteLength : end + 1;
    }
    return at;
  };

  /** Hashes one statement as far as it is here; gives where it ended, or the end of the bytes. */
  const statementFrom = (bytes: Buffer, from: number): number => {
    const { byteLength } = bytes;
    let at = from;
    let state = where;
    while (at < byteLength) {
      if (state === 'text') {
        let byte = 0;
        while (at < byteLength && (byte = bytes[at] as number) !== quote && byte !== backslash) at += 1;
        if (at === byteLength) break;
        state = byte === quote ? 'values' : 'escape';
        at += 1;
      } else if (state === 'values') {
        let byte = 0;
        while (at < byteLength && (byte = bytes[at] as number) !== quote && byte !== open && byte !== semicolon)
          at += 1;
        if (at === byteLength) break;
        at += 1;
        if (byte === quote) state = 'text';
        else if (byte === open) rows += 1;
        else {
          state = 'rows';
          break;
        }
      } else if (state === 'escape') {
        at += 1;
        state = 'text';
      } else {
        // Names of the table and its columns. Between `INSERT INTO` and `VALUES` no capital V stands outside of names.
        const byte = bytes[at];
        if (byte === backtick) state = state === 'name' ? 'head' : 'name';
        else if (state === 'head') {
          if (byte === open) depth += 1;
          else if (byte === close) depth -= 1;
          else if (byte === letterV && depth === 0) state = 'values';
        }
        at += 1;
      }
    }
    where = state;
    hash.update(bytes.subarray(from, at));
    return at;
  };

  return {
    take(chunk) {
      plainBytes += chunk.byteLength;
      const bytes = held.byteLength === 0 ? view(chunk) : Buffer.concat([held, chunk]);
      let at = 0;
      while (at < bytes.byteLength) {
        const isLines = where === 'structure' || where === 'rows' || where === 'triggers';
        const before = at;
        if (where === 'triggers') at = bytes.byteLength;
        else if (isLines) at = linesFrom(bytes, at);
        else {
          at = statementFrom(bytes, at);
          // The rest of the statement's line.
          if (where === 'rows') atLineStart = false;
        }
        if (isLines && at === before && where !== 'head') break;
      }
      held = Uint8Array.from(bytes.subarray(at));
    },
    finish() {
      // What is still held is the beginning of a line that did not end.
      if ((where !== 'structure' && where !== 'rows' && where !== 'triggers') || held.byteLength > 0)
        throw new OperationError('dump/truncated', 'the table’s rows end within a statement');
      return { plainBytes, digest: hash.digest('hex'), rows };
    },
  };
}

const view = (chunk: Uint8Array): Buffer => Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);

function startsWith(bytes: Buffer, at: number, beginning: Buffer): boolean {
  return (
    bytes.byteLength - at >= beginning.byteLength &&
    bytes.compare(beginning, 0, beginning.byteLength, at, at + beginning.byteLength) === 0
  );
}
