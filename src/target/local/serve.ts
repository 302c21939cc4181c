import { once } from 'node:events';
import { basename } from 'node:path';
import { messageOf, OperationError } from '../../base/operation-error.ts';
import { runCommand, startCommand } from '../../system/run.ts';
import type { LocalServerPlan } from '../recipe.ts';
import type { Sandbox } from './sandbox.ts';

const initialiseLimitMs = 300_000;
const startLimitMs = 120_000;

/** Runs the steps that make the server's files. Throws `target/unavailable` with the program's last words. */
export async function initialise(plan: LocalServerPlan, sandbox: Sandbox, signal: AbortSignal): Promise<void> {
  for (const step of plan.initialise) {
    const { stdin, ...command } = sandbox.wrap(step);
    const lastWords = lastLines();
    try {
      await runCommand({
        ...command,
        env: environment(sandbox),
        stdin: stdin === undefined ? 'ignore' : Buffer.from(stdin),
        stdout: 'ignore',
        onStderrLine: lastWords.add,
        timeoutMs: initialiseLimitMs,
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      throw new OperationError('target/unavailable', `${basename(step.program)} could not make a new server`, {
        cause: error,
        hint: `It said: ${lastWords.text() || messageOf(error)}`,
      });
    }
  }
}

/** Starts the server and waits until it takes connections. Disposing ends it, and resolves when nothing of it runs any more. */
export async function serve(plan: LocalServerPlan, sandbox: Sandbox, signal: AbortSignal): Promise<AsyncDisposable> {
  const { stdin: _, ...command } = sandbox.wrap(plan.serve);
  const lastWords = lastLines();
  const ready = Promise.withResolvers<void>();
  let listening = false;
  const server = startCommand({
    ...command,
    env: environment(sandbox),
    onStderrLine: (line) => {
      if (listening) return;
      lastWords.add(line);
      if (!plan.ready.test(line)) return;
      listening = true;
      ready.resolve();
    },
  });
  const ended = server.done.then(
    () => undefined,
    () => undefined,
  );
  const end = async (): Promise<void> => {
    // Nothing on it is worth saving. In a PID namespace the kernel ends every process of it.
    server.kill(sandbox.isolation === 'namespaces' ? 'SIGKILL' : plan.endSignal);
    const forced = setTimeout(() => server.kill('SIGKILL'), 10_000);
    // Every process of the server holds its stderr, so this is the end of all of them.
    await ended;
    clearTimeout(forced);
  };
  const stopWaiting = new AbortController();
  try {
    await Promise.race([
      ready.promise,
      ended.then(() => Promise.reject(new Error('it ended before it was ready'))),
      once(AbortSignal.any([signal, AbortSignal.timeout(startLimitMs)]), 'abort', { signal: stopWaiting.signal }).then(
        () => Promise.reject(new Error('it was not ready in time')),
      ),
    ]);
  } catch (error) {
    await end();
    signal.throwIfAborted();
    throw new OperationError('target/unavailable', 'the throwaway server did not start', {
      cause: error,
      hint: `It said: ${lastWords.text() || messageOf(error)}`,
    });
  } finally {
    stopWaiting.abort();
  }
  return { [Symbol.asyncDispose]: end };
}

/** Programs that SQL starts inherit it: it says nothing about us. */
function environment(sandbox: Sandbox): Readonly<Record<string, string>> {
  return { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', HOME: sandbox.rootInside };
}

function lastLines(): { readonly add: (line: string) => void; readonly text: () => string } {
  const lines: string[] = [];
  return {
    add: (line) => {
      lines.push(line.trim());
      if (lines.length > 3) lines.shift();
    },
    text: () => lines.filter((line) => line !== '').join(' / '),
  };
}
