import { rm } from 'node:fs/promises';
import type { OperationError } from '../../base/operation-error.ts';
import { startCommand, type Finished } from '../../system/run.ts';
import type { Readable } from 'node:stream';
import type { ServerAccess } from '../server-access.ts';
import { dumpVerdict } from './dump-verdict.ts';
import type { Flavour } from './flavour.ts';
import { writeOptionFile } from './option-file.ts';
import { quoteText } from './quote.ts';
import { allRows } from './session.ts';

export interface DumpProcess {
  /** Name of a user-level lock that its connection holds, once it has one, until it ends. */
  readonly marker: string;
  /**
   * What it prints, which ends only once the program has exited 0 without a doubtful warning. Until it is read, the program
   * waits.
   */
  readonly stdout: Readable;
  /** Resolves with its first output or its successful end: both come after its snapshot. Rejects where it failed. */
  readonly begun: Promise<void>;
  readonly done: Promise<Finished>;
  /** Ends it, with this error as the reason. */
  end(reason: OperationError): void;
}

export interface DumpProcessOptions {
  readonly program: string;
  readonly database: string;
  /** Tables (sequences, views) to dump, in this order. Where there are none: the whole database but `ignored`. */
  readonly objects: readonly string[];
  readonly ignored?: readonly string[];
  readonly arguments: readonly string[];
  /** A private directory for its option file. */
  readonly directory: string;
  /** Unique among all dumps of the server. */
  readonly marker: string;
  /** Name of a user-level lock that it takes and gives back before its snapshot: it waits there. */
  readonly gate: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Flags of every dump (MySQL manual, mysqldump; MariaDB manual, mariadb-dump). Comments hold the headings that a dump is cut
 * at.
 */
const common = [
  '--single-transaction',
  '--hex-blob',
  '--default-character-set=utf8mb4',
  '--order-by-primary',
  '--skip-dump-date',
  '--no-tablespaces',
  '--comments',
  '--max-allowed-packet=1G',
] as const;

/**
 * Starts a dump program. Its session cannot be cut off while nobody reads its output: the server's limits on idle sessions,
 * on clients that do not read, on rows and on time are lifted for it.
 */
export async function startDump(
  server: ServerAccess,
  flavour: Flavour,
  options: DumpProcessOptions,
): Promise<DumpProcess> {
  const { marker, database, objects } = options;
  const path = await writeOptionFile(server, flavour, {
    directory: options.directory,
    name: `${marker}.cnf`,
    firstStatement: firstStatement(flavour, options),
  });
  const ending = new AbortController();
  const verdict = dumpVerdict(server, flavour);
  const started = startCommand({
    program: options.program,
    args: [
      `--defaults-file=${path}`,
      ...common,
      ...flavour.dumpArguments,
      ...options.arguments,
      ...(objects.length > 0 ? [] : (options.ignored ?? [])).map((name) => `--ignore-table=${database}.${name}`),
      '--',
      database,
      ...objects,
    ],
    stdout: 'stream',
    signal: AbortSignal.any([options.signal, ending.signal]),
    onStderrLine: (line) => verdict.line(line),
  });
  // Read by then: the program opens it before it connects.
  const done = started.done
    .catch((error: unknown) => {
      throw verdict.failure(error);
    })
    .then((finished) => {
      verdict.checkWarnings();
      return finished;
    })
    .finally(() => rm(path, { force: true }));
  done.catch(() => undefined);
  const first = new Promise<void>((resolve) => started.stdout.once('readable', resolve));
  // The end of the output is readable too, and comes before the verdict on a program that failed at once.
  const printed = first.then(() => (started.stdout.readableLength > 0 ? undefined : done.then(() => undefined)));
  const begun = Promise.race([printed, done.then(() => undefined)]);
  for (const promise of [printed, begun]) promise.catch(() => undefined);
  return {
    marker,
    stdout: started.stdout,
    begun,
    done,
    end: (reason) => {
      ending.abort(reason);
      started.stdout.destroy();
    },
  };
}

/** One statement, evaluated from left to right (MySQL manual, "User-Defined Variables"; measured on both vendors'). */
function firstStatement({ liftedForDumps }: Flavour, { marker, gate }: DumpProcessOptions): string {
  const lifted = [
    `net_write_timeout = ${year}`,
    `net_read_timeout = ${year}`,
    `sql_select_limit = ${allRows}`,
    ...liftedForDumps,
  ];
  const through =
    gate === undefined
      ? ''
      : `, @gate = GET_LOCK(${quoteText(gate)}, ${year}), @gate = RELEASE_LOCK(${quoteText(gate)})`;
  return `SET SESSION ${lifted.join(', ')}, @mark = GET_LOCK(${quoteText(marker)}, 0)${through}`;
}

/** Seconds. */
const year = 31_536_000;
