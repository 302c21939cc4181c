import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperationError } from '../base/operation-error.ts';

/**
 * One small shell process per process of Holdfast that outlives it, however it dies. It reads lines from a pipe whose
 * only writers are Holdfast and, for an instant, the shims of its children:
 *
 *     +123   process group 123 runs     -123   it has ended
 *     d/x    directory /x is scratch    f/x    it is gone
 *
 * At end of file every process group still running is killed and every scratch directory removed.
 */
const script = `
trap '' HUP INT QUIT TERM PIPE
groups=' '; directories='
'
newline='
'
while IFS= read -r line; do
  rest=\${line#?}
  case $line in
    +*) groups="$groups$rest " ;;
    -*) case $groups in *" $rest "*) groups="\${groups%%" $rest "*} \${groups#*" $rest "}" ;; esac ;;
    d*) directories="$directories$rest$newline" ;;
    f*) case $directories in *"$newline$rest$newline"*)
          directories="\${directories%%"$newline$rest$newline"*}$newline\${directories#*"$newline$rest$newline"}" ;; esac ;;
  esac
done
for group in $groups; do kill -KILL "-$group" 2>/dev/null; done
IFS=$newline; set -f
for try in 1 2 3 4 5 6 7 8 9 10; do
  left=
  for directory in $directories; do rm -rf -- "$directory" 2>/dev/null || left=yes; done
  [ -z "$left" ] && break
  sleep 1
done
`;

export interface Watcher {
  /** File descriptor that a shim inherits: it writes `+<pid>` and closes it before it becomes the program. */
  readonly descriptor: number;
  tell(line: `${'+' | '-' | 'd' | 'f'}${string}`): void;
}

/** Of a directory in the temporary one. */
export const pipeDirectoryPrefix = 'holdfast-watch-';

let current: Watcher | undefined;

export const noScratch = (path: string, error: unknown): OperationError =>
  new OperationError('process/no-scratch', `no temporary files can be made at ${path} (${codeOf(error)})`, {
    hint: 'Set TMPDIR to a directory that is there and that the user who runs backup may write to.',
    cause: error,
  });

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';

/**
 * The watcher of this process, started on first use. Throws `process/failed` or `process/no-scratch` where it cannot be
 * started.
 */
export function watcher(): Watcher {
  current ??= startWatcher();
  return current;
}

function startWatcher(): Watcher {
  const { reader, writer } = openPipe();
  // Detached: a session of its own, so that neither Ctrl-C nor the end of the terminal reaches it.
  const child = spawn('/bin/sh', ['-c', script], {
    detached: true,
    cwd: '/',
    env: minimalEnvironment(),
    stdio: [reader, 'ignore', 'ignore'],
  });
  closeSync(reader);
  const started: Watcher = {
    descriptor: writer,
    tell: (line) => {
      if (line.includes('\n') || Buffer.byteLength(line) > 500)
        throw new OperationError('process/failed', 'a scratch path is too long to be watched');
      writeSync(writer, `${line}\n`);
    },
  };
  const forget = (): void => {
    if (current === started) current = undefined;
  };
  child.once('error', forget);
  child.once('exit', forget);
  child.unref();
  return started;
}

/** Our own environment may hold secrets of the spec. */
const minimalEnvironment = (): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  LC_ALL: 'C',
});

/**
 * A FIFO without a name. Not a 'pipe' of spawn(): that is a socket whose descriptor cannot be handed to other children,
 * and only a pipe writes short lines of several writers whole (POSIX write(), PIPE_BUF).
 */
function openPipe(): { readonly reader: number; readonly writer: number } {
  const directory = pipeDirectory();
  try {
    const path = join(directory, 'pipe');
    const made = spawnSync('mkfifo', ['-m', '600', path], { stdio: 'ignore', env: minimalEnvironment() });
    if (made.status !== 0)
      throw new OperationError('process/failed', 'the pipe to the watcher process could not be made');
    // Opened for both first: opening one end alone waits for the other.
    const both = openSync(path, constants.O_RDWR);
    const reader = openSync(path, constants.O_RDONLY);
    const writer = openSync(path, constants.O_WRONLY);
    closeSync(both);
    return { reader, writer };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function pipeDirectory(): string {
  try {
    return mkdtempSync(join(tmpdir(), pipeDirectoryPrefix));
  } catch (error) {
    throw noScratch(tmpdir(), error);
  }
}
