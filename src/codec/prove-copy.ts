import { createHash } from 'node:crypto';
import { OperationError } from '../base/operation-error.ts';
import type { Codec } from '../manifest/manifest.ts';
import { countNewlines } from './count-newlines.ts';
import { decode } from './decode.ts';
import { insertText } from './insert-text.ts';

export interface ProofOptions {
  readonly codec: Codec;
  /**
   * `copy-text`: a table's data as pg_dump writes it into a directory archive. `insert-text`: what a dump of MySQL or MariaDB
   * has of one table. `opaque`: anything else.
   */
  readonly as: 'copy-text' | 'insert-text' | 'opaque';
  readonly signal?: AbortSignal;
}

export interface Proof {
  readonly storedBytes: number;
  /** Hex, of the bytes as stored. */
  readonly storedSha256: string;
  /** All decoded bytes, the terminator of COPY text included. */
  readonly plainBytes: number;
  /**
   * Hex sha256 of the decoded bytes; for `copy-text` without the terminator, as COPY … TO STDOUT gives them; for
   * `insert-text` of the INSERT statements.
   */
  readonly digest: string;
  /**
   * Lines before the terminator, which are the rows (PostgreSQL manual, COPY, "Text Format": newlines in values are escaped),
   * or rows of INSERT statements; null for `opaque`.
   */
  readonly rows: number | null;
}

/**
 * Decodes stored bytes to their end in one pass and constant memory. Throws `dump/truncated` where they are cut, damaged,
 * followed by anything, or where COPY text lacks its terminator. Errors of the source pass through.
 */
export async function proveStream(stored: AsyncIterable<Uint8Array>, options: ProofOptions): Promise<Proof> {
  const storedHash = createHash('sha256');
  let storedBytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of stored) {
      options.signal?.throwIfAborted();
      storedHash.update(chunk);
      storedBytes += chunk.byteLength;
      yield chunk;
    }
  }
  const reader = readers[options.as]();
  await decode(counted(), options.codec, (chunk) => reader.take(chunk));
  const plain = reader.finish();
  return { storedBytes, storedSha256: storedHash.digest('hex'), ...plain };
}

interface PlainReader {
  take(chunk: Uint8Array): void;
  finish(): Pick<Proof, 'plainBytes' | 'digest' | 'rows'>;
}

const readers: Readonly<Record<ProofOptions['as'], () => PlainReader>> = {
  'copy-text': copyText,
  'insert-text': insertText,
  opaque,
};

function opaque(): PlainReader {
  const hash = createHash('sha256');
  let plainBytes = 0;
  return {
    take: (chunk) => {
      hash.update(chunk);
      plainBytes += chunk.byteLength;
    },
    finish: () => ({ plainBytes, digest: hash.digest('hex'), rows: null }),
  };
}

/** What pg_dump writes after the last row into every data file of COPY text. */
const terminator = Buffer.from('\\.\n\n\n');

function copyText(): PlainReader {
  const hash = createHash('sha256');
  let plainBytes = 0;
  let rows = 0;
  // Whether all text hashed so far ends with a newline: a terminator stands at the start of a line.
  let atLineStart = true;
  // Held back until it is known not to be the terminator.
  let tail: Uint8Array = new Uint8Array();
  const accept = (text: Uint8Array): void => {
    if (text.byteLength === 0) return;
    hash.update(text);
    rows += countNewlines(text);
    atLineStart = text[text.byteLength - 1] === 0x0a;
  };
  return {
    take: (chunk) => {
      plainBytes += chunk.byteLength;
      if (chunk.byteLength < terminator.byteLength) {
        const joined = Buffer.concat([tail, chunk]);
        const cut = Math.max(0, joined.byteLength - terminator.byteLength);
        accept(joined.subarray(0, cut));
        tail = joined.subarray(cut);
      } else {
        accept(tail);
        const cut = chunk.byteLength - terminator.byteLength;
        accept(chunk.subarray(0, cut));
        tail = Uint8Array.from(chunk.subarray(cut));
      }
    },
    finish: () => {
      if (!terminator.equals(tail) || !atLineStart)
        throw new OperationError('dump/truncated', 'the table’s data ends without its end mark');
      return { plainBytes, digest: hash.digest('hex'), rows };
    },
  };
}
