import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';

const textLimitBytes = 16 * 1024 * 1024;
const tailCharacters = 8 * 1024;

/** Keeps the last 8 KiB of a child's stderr and hands complete lines on; the returned function gives the tail. */
export function collectLines(stderr: Readable | null, onLine: ((line: string) => void) | undefined): () => string {
  const decoder = new StringDecoder('utf8');
  let tail = '';
  let pending = '';
  const take = (text: string): void => {
    tail = (tail + text).slice(-tailCharacters);
    if (onLine === undefined) return;
    const lines = (pending + text).split('\n');
    // A "line" without end must not fill the memory.
    pending = (lines.pop() ?? '').slice(-tailCharacters);
    for (const line of lines) onLine(line);
  };
  stderr?.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
  stderr?.once('end', () => {
    if (pending !== '') onLine?.(pending);
  });
  stderr?.on('error', () => undefined);
  return () => tail;
}

/** Collects stdout as text; `tooMuch` is called beyond 16 MiB, and no more is kept. */
export function capText(stdout: Readable, tooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > textLimitBytes) tooMuch();
    else chunks.push(chunk);
  });
  stdout.on('error', () => undefined);
  return () => Buffer.concat(chunks).toString('utf8');
}

/**
 * A child's stdout that ends only once `verdict` has resolved: the end of the pipe alone says nothing, a killed program
 * closes it just as cleanly. `abandoned` is called where the reader gives up before the end.
 */
export function gate(stdout: Readable | null, verdict: Promise<unknown>, abandoned: () => void): Readable {
  if (stdout === null) return Readable.from([]);
  const out = new Transform({
    transform: (chunk: Buffer, _encoding, next) => next(null, chunk),
    flush: (next) => {
      verdict.then(
        () => next(),
        (error: Error) => next(error),
      );
    },
  });
  // Errors reach the reader by `out`; one that listens to nothing must not bring the process down.
  out.on('error', () => undefined);
  pipeline(stdout, out).catch(() => undefined);
  out.once('close', () => {
    if (!out.readableEnded) abandoned();
  });
  return out;
}
