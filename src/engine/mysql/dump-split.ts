import { OperationError } from '../../base/operation-error.ts';
import { quoteName } from './quote.ts';

/** A part of a dump. Parts come in this order; `before` and `after` may be absent. */
export type DumpPart =
  /** What sets up a session; the same for every dump of one program. */
  | { readonly kind: 'settings' }
  /** Sequences, and routines where the program writes them first. */
  | { readonly kind: 'before' }
  /** One table, by its place in the list: structure, rows, triggers. */
  | { readonly kind: 'table'; readonly index: number }
  /** Events, routines, and what undoes the settings. */
  | { readonly kind: 'after' };

export interface Piece {
  readonly part: DumpPart;
  readonly bytes: Buffer;
}

export interface DumpSplitter {
  /**
   * The pieces that are certain by now; their bytes are views of the chunk. Throws `dump/entry-missing` where a table comes
   * that is not next.
   */
  push(chunk: Buffer): readonly Piece[];
  /**
   * The last pieces. Throws `dump/truncated` without the trailer or what comes before it, `dump/entry-missing` where a table
   * did not come.
   */
  finish(): readonly Piece[];
  /** How many bodies of triggers, routines and events came in a part so far. */
  bodies(part: DumpPart): number;
}

const heading = Buffer.from('\n--\n-- ');
const tableHeading = Buffer.from('\n--\n-- Table structure for table ');
const otherTableHeadings = [tableHeading, Buffer.from('\n--\n-- Temporary '), Buffer.from('\n--\n-- Final view ')];
const partHeadings = ['Sequence structure for ', 'Dumping routines for ', 'Dumping events for '].map((title) =>
  Buffer.from(`\n--\n-- ${title}`),
);
/** A delimiter that the body does not have: `;;`, for events perhaps a longer one. */
const bodyBegin = Buffer.from('\nDELIMITER ;;');
const bodyEnd = Buffer.from('\nDELIMITER ;\n');
/** The first of the statements that undo the settings. */
const undoing = Buffer.from('\n/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;\n');
const trailer = '\n-- Dump completed\n';
const marks = [heading, bodyBegin, bodyEnd, undoing];
const lookAhead = Math.max(undoing.byteLength, tableHeading.byteLength, ...partHeadings.map((each) => each.byteLength));

/**
 * Cuts what mysqldump or mariadb-dump prints for these tables, asked for in this order, into its parts. A heading counts only
 * outside of DELIMITER blocks (bodies of triggers and routines are printed as they are, comments and all) and only where it
 * is the next one: rows never hold a raw newline, and a body or name that forges a heading makes the dump fail, never a wrong
 * backup. Holds a few hundred bytes.
 */
export function splitDump(tables: readonly string[]): DumpSplitter {
  const headings = tables.map(headingOf);
  let part: DumpPart = { kind: 'settings' };
  let next = 0;
  let inBody = false;
  // Every heading begins with the newline before it.
  let held: Buffer = Buffer.alloc(0);
  let last = '';
  let isUndone = false;
  const bodies = new Map<DumpPart, number>();

  /** The part that begins at this newline; undefined where none does; `more` where that cannot be known yet. */
  const beginning = (bytes: Buffer, at: number, isEnd: boolean): DumpPart | undefined | 'more' => {
    const expected = headings[next];
    const rest = bytes.byteLength - at;
    if (!isEnd && rest < Math.max(lookAhead, expected?.byteLength ?? 0)) return 'more';
    if (part.kind === 'after') {
      if (startsWith(bytes, at, tableHeading)) throw unexpected();
      return undefined;
    }
    if (expected !== undefined && startsWith(bytes, at, expected)) {
      next += 1;
      return { kind: 'table', index: next - 1 };
    }
    if (otherTableHeadings.some((each) => startsWith(bytes, at, each))) throw unexpected();
    if (startsWith(bytes, at, undoing)) return { kind: 'after' };
    if (!partHeadings.some((each) => startsWith(bytes, at, each))) return undefined;
    if (next === headings.length) return { kind: 'after' };
    if (part.kind === 'table') throw unexpected();
    return part.kind === 'before' ? undefined : { kind: 'before' };
  };

  const cut = (bytes: Buffer, isEnd: boolean): readonly Piece[] => {
    const pieces: Piece[] = [];
    let from = 0;
    let at = 0;
    const emit = (to: number): void => {
      if (to > from) pieces.push({ part, bytes: bytes.subarray(from, to) });
      from = to;
    };
    for (;;) {
      const found = nearest(bytes, at, inBody ? [bodyEnd, bodyBegin] : [heading, bodyBegin, undoing]);
      if (found === -1) break;
      if (startsWith(bytes, found, bodyEnd)) {
        inBody = false;
        at = found + bodyEnd.byteLength - 1;
      } else if (startsWith(bytes, found, bodyBegin)) {
        // Between events there is only another beginning.
        inBody = true;
        bodies.set(part, (bodies.get(part) ?? 0) + 1);
        at = found + bodyBegin.byteLength;
      } else {
        const begins = beginning(bytes, found, isEnd);
        if (begins === 'more') {
          emit(found);
          held = Buffer.from(bytes.subarray(found));
          return pieces;
        }
        isUndone ||= startsWith(bytes, found, undoing);
        if (begins !== undefined) {
          // The newline ends the line before.
          emit(found + 1);
          part = begins;
        }
        at = found + 1;
      }
    }
    const keep = isEnd ? bytes.byteLength : unfinished(bytes, Math.max(at, from));
    emit(keep);
    held = Buffer.from(bytes.subarray(keep));
    return pieces;
  };

  return {
    push(chunk) {
      last = (last + chunk.subarray(-trailer.length).toString('latin1')).slice(-trailer.length);
      return cut(held.byteLength === 0 ? chunk : Buffer.concat([held, chunk]), false);
    },
    finish() {
      const pieces = cut(held, true);
      if (last !== trailer || inBody || !isUndone)
        throw new OperationError('dump/truncated', 'the dump ends without its end mark');
      const missing = tables[next];
      if (missing !== undefined)
        throw new OperationError('dump/entry-missing', `the dump lacks the table ${quoteName(missing)}`);
      return pieces;
    },
    bodies: (of) => bodies.get(of) ?? 0,
  };
}

/** The programs put a comment mark after a newline in a name. */
const headingOf = (table: string): Buffer =>
  Buffer.from(`\n--\n-- Table structure for table ${quoteName(table).replaceAll('\n', '\n-- ')}\n--\n`);

const unexpected = (): OperationError =>
  new OperationError('dump/entry-missing', 'the dump holds a table or view that was not expected there');

const startsWith = (bytes: Buffer, at: number, mark: Buffer): boolean =>
  bytes.byteLength - at >= mark.byteLength && bytes.compare(mark, 0, mark.byteLength, at, at + mark.byteLength) === 0;

/** Where a mark may begin that the bytes do not have whole. What was looked at already stays looked at. */
function unfinished(bytes: Buffer, from: number): number {
  const start = Math.max(from, bytes.byteLength - lookAhead);
  for (let at = bytes.indexOf(0x0a, start); at !== -1; at = bytes.indexOf(0x0a, at + 1)) {
    const rest = bytes.subarray(at);
    if (marks.some((mark) => rest.byteLength < mark.byteLength && mark.subarray(0, rest.byteLength).equals(rest)))
      return at;
  }
  return bytes.byteLength;
}

function nearest(bytes: Buffer, at: number, marks: readonly Buffer[]): number {
  let first = -1;
  for (const mark of marks) {
    const place = bytes.indexOf(mark, at);
    if (place !== -1 && (first === -1 || place < first)) first = place;
  }
  return first;
}
