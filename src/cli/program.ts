import yargs from 'yargs';
import { OperationError } from '../base/operation-error.ts';
import { commands } from './commands.ts';
import type { Context } from './context.ts';
import { exitCodeMeanings, exitCodes } from './exit-code.ts';
import { declaredBy } from './declared-options.ts';
import { globalOptions, type GlobalOptions } from './global-options.ts';
import { reportFailure } from './failure.ts';
import { invalidUsage } from './invalid-input.ts';
import { refuseMisread } from './misread-words.ts';
import { refuseRepeated } from './repeated-options.ts';
import { usageError } from './usage-error.ts';
import { version } from './version.ts';

/**
 * Runs one command line and sets `process.exitCode`; never calls `process.exit`, which would cut piped output short.
 * Standard output is the answer, standard error is progress and diagnostics.
 */
export async function main(words: readonly string[]): Promise<void> {
  const stop = new AbortController();
  const context = contextOf(words, stop.signal);
  const release = onSignals(stop);
  try {
    if (workingDirectory() === undefined)
      throw invalidUsage('the working directory does not exist any more', 'Change into one that does.');
    const code = await dispatch(words, context);
    process.exitCode = stop.signal.aborted ? signalExit(stop.signal) : code;
  } catch (error) {
    const code = await reportFailure(stop.signal.aborted ? interruption(error) : error, words, context);
    process.exitCode = stop.signal.aborted ? signalExit(stop.signal) : code;
  } finally {
    release();
  }
}

/** Whoever looks at the signal throws its reason, the name of a signal: no defect of ours. */
function interruption(error: unknown): OperationError {
  return error instanceof OperationError
    ? error
    : new OperationError('run/interrupted', 'stopped by a signal', { cause: error });
}

async function dispatch(words: readonly string[], context: Context): Promise<number> {
  let code: number = exitCodes.ok;
  let program = globalOptions(
    yargs([...words])
      .scriptName('backup')
      .usage('backup: disaster recovery as code\n\nUsage: backup COMMAND')
      .locale('en')
      .version(version)
      .parserConfiguration({
        'parse-numbers': false,
        'parse-positional-numbers': false,
        'dot-notation': false,
        'duplicate-arguments-array': true,
      })
      .strict()
      .demandCommand(1, 'name a command')
      .recommendCommands()
      .wrap(Math.min(120, context.stdout.columns || 100))
      .epilogue(exitCodeHelp()),
  );
  for (const command of commands) {
    program = program.command({
      command: command.usage,
      describe: command.describe,
      builder: (builder) => command.options(builder),
      handler: async (argv) => {
        refuseRepeated(argv, [globalOptions, command.options]);
        refuseMisread(
          words,
          new Map([globalOptions, command.options].flatMap((declare) => declaredBy(declare).options)),
        );
        const run = await command.load();
        code = await run(argv as unknown as GlobalOptions & Record<string, unknown>, context);
      },
    });
  }
  await program
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message: string | undefined, error: Error | undefined) => {
      if (error !== undefined && error.name !== 'YError') throw error;
      throw usageError(message ?? error?.message ?? 'the command line is wrong', words);
    })
    .parseAsync();
  return code;
}

function exitCodeHelp(): string {
  const lines = Object.entries(exitCodeMeanings).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`);
  return `Exit codes:\n${lines.join('\n')}`;
}

function contextOf(words: readonly string[], signal: AbortSignal): Context {
  // Neither a reader that goes away early (`backup list | head`) nor a full disk below a log is a reason to give up a backup
  // half-way. Whether the answer arrived is looked at where it is written.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    cwd: workingDirectory() ?? '/',
    signal,
    command: ['backup', ...words].join(' ').slice(0, 200),
  };
}

/** Undefined where somebody removed it. */
function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/**
 * The first signal stops gracefully; a second one of any kind ends the process at once (the watcher takes the children
 * along).
 */
function onSignals(stop: AbortController): () => void {
  const handle = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.kill(process.pid, 'SIGKILL');
    stop.abort(name);
  };
  process.on('SIGINT', handle).on('SIGTERM', handle);
  return () => void process.off('SIGINT', handle).off('SIGTERM', handle);
}

function signalExit(signal: AbortSignal): number {
  return signal.reason === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted;
}
