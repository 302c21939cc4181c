import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { serverUser } from './server-user.ts';

export interface GuardedProcess {
  /** Sends the signal and resolves once the program has ended. */
  end(signal: 'INT' | 'TERM' | 'QUIT' | 'KILL'): Promise<void>;
}

export interface GuardedCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The line on stderr that says that it can be used. */
  readonly ready: RegExp;
  /** Hears every line on stderr. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Removed with the program if this process dies before it could do so itself. */
  readonly directory: string;
  /** How the program ends when this process dies. */
  readonly orphanSignal: 'QUIT' | 'KILL';
}

/**
 * The guard outlives us: its stdin is a pipe from this process, which the kernel closes however this process ends, also by
 * SIGKILL. A line on it is the signal to send; its end without a line means that nobody is left to clean up.
 * Its own stderr is closed, so that the end of the pipe is the end of the program.
 */
const guard = `
directory=$1 orphan=$2; shift 2
"$@" </dev/null & program=$!
exec 2>/dev/null
if read -r signal; then kill -s "$signal" $program; wait $program
else kill -s "$orphan" $program; wait $program; rm -rf "$directory"; fi
exit 0`;

/**
 * Starts a server that cannot survive this process. Resolves when it is ready; throws with its last lines when it ends
 * before.
 */
export async function startGuarded(command: GuardedCommand): Promise<GuardedProcess> {
  const child = spawn(
    '/bin/sh',
    ['-c', guard, 'guard', command.directory, command.orphanSignal, command.program, ...command.args],
    // A session of its own: Ctrl-C in the terminal must reach us, not the guard.
    { stdio: ['pipe', 'ignore', 'pipe'], detached: true, cwd: '/', env: { ...command.env }, ...serverUser },
  );
  const exited = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
  // The guard may be gone when we write to it; `exited` tells that.
  child.stdin.on('error', () => undefined);
  await becomesReady(createInterface({ input: child.stderr }), command);
  return {
    async end(signal) {
      child.stdin.end(`${signal}\n`);
      await exited;
    },
  };
}

function becomesReady(lines: NodeJS.EventEmitter, command: GuardedCommand): Promise<void> {
  const tail: string[] = [];
  return new Promise((resolve, reject) => {
    lines.on('line', (line: string) => {
      command.onLine?.(line);
      tail.push(line);
      if (tail.length > 50) tail.shift();
      if (command.ready.test(line)) resolve();
    });
    lines.once('close', () => reject(new Error(`${command.program} ended before it was ready:\n${tail.join('\n')}`)));
  });
}
