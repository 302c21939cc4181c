import { formatDuration, type Duration } from '../base/duration.ts';
import { OperationError } from '../base/operation-error.ts';

/** A signal that is aborted with another one, or with `process/timeout` when the time is over. Disposing it stops the clock. */
export interface TimeLimit extends Disposable {
  readonly signal: AbortSignal;
}

/** The longest that a timer of Node can wait, 24 days; a longer one would end at once. */
const longestMs = 2 ** 31 - 1;

/** A timer for any time. Gives what stops it. */
function startTimer(ms: number, done: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (left: number): void => {
    timer = setTimeout(() => (left > longestMs ? wait(left - longestMs) : done()), Math.min(left, longestMs));
  };
  wait(ms);
  return () => clearTimeout(timer);
}

/** Limits what may hang as a whole: `what` is its name in an error. `limit` is the policy's `dump.timeout`. */
export function timeLimit(limit: Duration, what: string, signal: AbortSignal): TimeLimit {
  const over = new AbortController();
  const stop = startTimer(limit, () =>
    over.abort(
      new OperationError('process/timeout', `${what} took longer than ${formatDuration(limit)}`, {
        hint: 'Look what keeps the server: locks, a stopped process, its disks. Or raise dump.timeout.',
      }),
    ),
  );
  return { signal: AbortSignal.any([signal, over.signal]), [Symbol.dispose]: stop };
}
