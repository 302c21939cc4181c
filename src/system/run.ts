import type { Readable, Writable } from 'node:stream';
import { basename } from 'node:path';
import { execa } from 'execa';
import { OperationError } from '../base/operation-error.ts';
import { capText, collectLines, gate } from './child-output.ts';
import { findProgram } from './find-program.ts';
import { watcher } from './watcher.ts';

export interface Command {
  /** A name to look up in PATH, or an absolute path. */
  readonly program: string;
  /** Never a secret: every user of the machine sees them. */
  readonly args: readonly string[];
  /** Added to PATH, HOME, LC_ALL=C and TZ=UTC; nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: 'ignore' | Readable | Buffer;
  readonly stdout?: 'ignore' | 'text' | 'stream';
  readonly onStderrLine?: (line: string) => void;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export interface Finished {
  /** Only for `stdout: 'text'`, at most 16 MiB. */
  readonly stdout: string;
  /** The last 8 KiB. May hold row data: summarise it, never print it. */
  readonly stderrTail: string;
  readonly ms: number;
}

export interface Started {
  /** Also the number of its process group. */
  readonly pid: number;
  /** For `stdout: 'stream'`: ends only after exit 0, is destroyed with the error otherwise. Destroying it kills the program. */
  readonly stdout: Readable;
  /** Resolves only on exit 0 without a signal. May be ignored by who reads `stdout` to its end. */
  readonly done: Promise<Finished>;
  /** Signals the whole process group. */
  kill(signal: NodeJS.Signals): void;
}

/** From SIGTERM to SIGKILL. */
const graceMs = 5_000;

// Registers its process group with the watcher before it becomes the program, so that there is no instant at which the
// program runs and the watcher does not know it; exec keeps the process id. Without a watcher, SIGPIPE ends the shim.
const shim = 'umask 077; echo "+$$" >&3 || exit 126; exec 3>&-; exec "$@"';

/**
 * Runs a program to its end. Throws `process/failed` (other exit code than 0, signal, too much output, stdin that
 * failed), `process/timeout`, `process/not-found`; on abort the signal's reason where that is an OperationError, else
 * `run/interrupted`. No error text holds an argument. However Holdfast itself dies, the program and what it started die too.
 */
export async function runCommand(command: Command): Promise<Finished> {
  const started = startCommand(command);
  if (command.stdout === 'stream') started.stdout.resume();
  return started.done;
}

/** Starts a program. What hinders the start is thrown here, what happens later by `done` and `stdout`. */
export function startCommand(command: Command): Started {
  const name = basename(command.program);
  const program = findProgram(command.program);
  command.signal?.throwIfAborted();
  const startedAt = performance.now();
  const guard = watcher();
  const wants = command.stdout ?? 'ignore';
  const input = command.stdin ?? 'ignore';
  const child = execa('/bin/sh', ['-c', shim, 'sh', program, ...command.args], {
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
    extendEnv: false,
    env: { ...minimalEnvironment(), ...command.env },
    cwd: command.cwd ?? '/',
    // execa takes any descriptor; its types name only the first ones.
    stdio: [
      input === 'ignore' ? 'ignore' : 'pipe',
      wants === 'ignore' ? 'ignore' : 'pipe',
      'pipe',
      guard.descriptor as 3,
    ],
    ...(command.uid === undefined ? {} : { uid: command.uid }),
    ...(command.gid === undefined ? {} : { gid: command.gid }),
  });
  const { pid } = child;
  if (pid === undefined) throw new OperationError('process/failed', `${name} could not be started`);

  const kill = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-pid, signal);
    } catch {
      // The group has ended.
    }
  };
  let reason: OperationError | undefined;
  let forced: NodeJS.Timeout | undefined;
  const stop = (error: OperationError): void => {
    reason ??= error;
    kill('SIGTERM');
    forced ??= setTimeout(() => kill('SIGKILL'), graceMs);
  };
  const onAbort = (): void => stop(interruption(name, command.signal));
  command.signal?.addEventListener('abort', onAbort, { once: true });
  const limit =
    command.timeoutMs === undefined
      ? undefined
      : setTimeout(
          () => stop(new OperationError('process/timeout', `${name} took longer than ${command.timeoutMs} ms`)),
          command.timeoutMs,
        );

  if (input !== 'ignore' && child.stdin !== null)
    feed(input, child.stdin, (error) =>
      stop(new OperationError('process/failed', `the input of ${name} failed`, { cause: error })),
    );
  const stderr = collectLines(child.stderr, command.onStderrLine);
  const text =
    wants === 'text' && child.stdout !== null
      ? capText(child.stdout, () => stop(new OperationError('process/failed', `${name} printed more than 16 MiB`)))
      : undefined;
  // What the leader left behind must not outlive it: it would hold our pipes open and escape the watcher's list.
  child.nodeChildProcess.once('exit', () => {
    kill('SIGKILL');
    guard.tell(`-${pid}`);
  });

  const done = (async (): Promise<Finished> => {
    const result = await child;
    clearTimeout(limit);
    clearTimeout(forced);
    command.signal?.removeEventListener('abort', onAbort);
    if (reason !== undefined) throw reason;
    if (result.signal !== undefined)
      throw new OperationError('process/failed', `${name} was ended by ${result.signal}`);
    if (result.exitCode !== 0)
      throw new OperationError('process/failed', `${name} failed with exit code ${result.exitCode ?? 'unknown'}`);
    return { stdout: text?.() ?? '', stderrTail: stderr(), ms: performance.now() - startedAt };
  })();
  // A caller may watch stdout alone; an error reaches it there.
  done.catch(() => undefined);
  const stdout = gate(wants === 'stream' ? child.stdout : null, done, () =>
    stop(new OperationError('process/failed', `the output of ${name} was not read to its end`)),
  );
  return { pid, stdout, done, kill };
}

function feed(input: Readable | Buffer, stdin: Writable, fail: (error: unknown) => void): void {
  // A program may stop reading when it has enough; its exit code is the verdict, not the broken pipe.
  stdin.on('error', () => undefined);
  if (Buffer.isBuffer(input)) stdin.end(input);
  else {
    // pipe() and not pipeline(): a source that fails must not close the program's stdin, that would look like its end.
    input.once('error', fail);
    input.once('close', () => {
      if (!input.readableEnded && !stdin.destroyed) fail(new Error('closed before its end'));
    });
    stdin.once('close', () => input.destroy());
    input.pipe(stdin);
  }
}

function interruption(name: string, signal: AbortSignal | undefined): OperationError {
  const reason: unknown = signal?.reason;
  return reason instanceof OperationError ? reason : new OperationError('run/interrupted', `${name} was stopped`);
}

function minimalEnvironment(): Record<string, string> {
  const { PATH, HOME } = process.env;
  return { PATH: PATH ?? '/usr/local/bin:/usr/bin:/bin', HOME: HOME ?? '/', LC_ALL: 'C', TZ: 'UTC' };
}
