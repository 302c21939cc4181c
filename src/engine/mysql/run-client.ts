import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { OperationError } from '../../base/operation-error.ts';
import { countNewlines } from '../../codec/count-newlines.ts';
import { runCommand } from '../../system/run.ts';
import { withScratch } from '../../system/scratch.ts';
import type { ServerAccess } from '../server-access.ts';
import type { FoundClient } from './clients.ts';
import type { Flavour } from './flavour.ts';
import { writeOptionFile } from './option-file.ts';
import { clientFailure } from './restore-error.ts';

/** One piece of what the client program is fed. */
export interface Script {
  /** What it is, for an error: `table `orders` (000012.sql.zst)`. */
  readonly what: string;
  /** Hands over its text piece by piece. Whoever takes may ask it to wait; a piece is valid until then. */
  feed(take: (piece: Uint8Array) => Promise<void> | undefined): Promise<void>;
}

export interface ClientRun {
  readonly flavour: Flavour;
  /** The vendor's program. */
  readonly client: FoundClient;
  readonly database: string;
  /** In the order to be fed; asked for the next one when the one before is fed. */
  readonly scripts: Iterable<Script>;
  readonly signal: AbortSignal;
}

/**
 * Feeds SQL scripts to the vendor's client program, in one session. It stops at the first error: throws `restore/failed` with
 * the script, the line in it and the server's words, where those cannot hold data.
 *
 * An exit code of 0 says nothing about how much of its input the program read or understood: a script that ends within a
 * string swallows what follows. So the last statement asks for a random word, which must be answered. Without
 * `--binary-mode` a dump could give commands to the client itself (`\!` runs a shell: MySQL manual, "mysql Client Commands").
 */
export async function runClient(server: ServerAccess, run: ClientRun): Promise<void> {
  const { flavour, client, database, signal } = run;
  await withScratch('client', async (directory) => {
    const options = await writeOptionFile(server, flavour, { directory, name: 'client.cnf' });
    const failure = clientFailure();
    const word = randomBytes(16).toString('hex');
    const input = new PassThrough({ highWaterMark: bufferBytes });
    const fed = feedAll(run.scripts, input, word);
    // Its failure reaches the program as a broken input, and is looked at below.
    fed.done.catch(() => undefined);
    try {
      const { stdout } = await runCommand({
        program: client.path,
        args: [`--defaults-file=${options}`, ...fixedArguments, `--database=${database}`],
        stdin: input,
        stdout: 'text',
        onStderrLine: (line) => failure.line(line),
        signal,
      });
      if (stdout.includes(word)) return;
    } catch (error) {
      if (signal.aborted || !(error instanceof OperationError) || error.code !== 'process/failed') throw error;
      const said = failure.error;
      if (said !== undefined) throw failed(`${at(fed.places(), said.atLine)}: ${said.why}`, error);
      // Not the program failed but what it was fed.
      await fed.done;
      throw failed(error.message, error);
    }
    await fed.done;
    throw failed('the client program ended without having carried out everything that it was given');
  });
}

/** SQL that is in memory. */
export const textScript = (what: string, text: string): Script => ({
  what,
  feed: async (take) => take(Buffer.from(text)),
});

const bufferBytes = 256 * 1024;

const fixedArguments = [
  '--binary-mode',
  '--batch',
  '--skip-column-names',
  '--comments',
  '--skip-reconnect',
  '--skip-auto-rehash',
  '--local-infile=0',
  '--default-character-set=utf8mb4',
  '--max-allowed-packet=1G',
];

interface Place {
  readonly what: string;
  /** Line of the whole input that it begins on, counted from 1. */
  readonly firstLine: number;
}

/** Writes all scripts and the last question to `input`, and knows which lines were whose. */
function feedAll(
  scripts: Iterable<Script>,
  input: PassThrough,
  word: string,
): { readonly done: Promise<void>; readonly places: () => readonly Place[] } {
  const places: Place[] = [];
  let line = 1;
  const closed = new Promise<void>((resolve) => input.once('close', resolve));
  // One for all pieces that the decoder still hands over while the buffer is full.
  let drained: Promise<void> | undefined;
  const take = (piece: Uint8Array): Promise<void> | undefined => {
    if (input.destroyed) throw programEnded;
    line += countNewlines(piece);
    // The decoder uses its buffer again.
    if (input.write(Buffer.from(piece))) return undefined;
    drained ??= Promise.race([once(input, 'drain').then(() => undefined), closed]).finally(() => (drained = undefined));
    return drained;
  };
  const work = async (): Promise<void> => {
    for (const script of scripts) {
      places.push({ what: script.what, firstLine: line });
      await script.feed(take);
      // Each begins on a line of its own.
      await take(newline);
    }
    await take(Buffer.from(`SELECT '${word}';\n`));
    if (!input.destroyed) input.end();
  };
  const done = work().catch((error: unknown) => {
    // Why it did is its own to tell.
    if (error === programEnded) return;
    input.destroy(error as Error);
    throw error;
  });
  return { done, places: () => places };
}

const programEnded = new Error('the program reads no more');

const newline = Buffer.from('\n');

function at(places: readonly Place[], line: number | undefined): string {
  if (line === undefined) return 'the client program failed';
  const place = places.findLast(({ firstLine }) => firstLine <= line);
  return place === undefined ? `line ${line}` : `${place.what}, line ${line - place.firstLine + 1}`;
}

const failed = (summary: string, cause?: unknown): OperationError =>
  new OperationError('restore/failed', summary, {
    hint: 'The database on the target is incomplete. The object above says where it stopped; nothing is retried.',
    ...(cause === undefined ? {} : { cause }),
  });
