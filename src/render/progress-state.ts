import type { RunEvent } from '../run/events.ts';

/** What is going on, folded from the events. Times are milliseconds of one monotonic clock that the caller reads. */
export interface ProgressState {
  readonly running: ReadonlyMap<string, RunningAction>;
  readonly done: number;
  readonly failed: number;
  readonly notRun: number;
}

export interface RunningAction {
  readonly title: string;
  readonly startedMs: number;
  readonly phase:
    { readonly name: string; readonly number: number; readonly of: number; readonly startedMs: number } | undefined;
  readonly storedBytes: number;
  readonly expectedBytes: number | undefined;
  /** When the first byte of the phase was seen and how many there were: rate and rest count from here. */
  readonly counting: { readonly sinceMs: number; readonly fromBytes: number } | undefined;
  readonly retry: { readonly attempt: number; readonly of: number; readonly untilMs: number } | undefined;
}

export const noProgress: ProgressState = { running: new Map(), done: 0, failed: 0, notRun: 0 };

/** The state after one more event. Events about an action that never started, or is finished, change nothing but the sums. */
export function afterEvent(state: ProgressState, event: RunEvent, nowMs: number): ProgressState {
  if (event.kind === 'started') return withAction(state, event.key, { ...fresh, title: event.title, startedMs: nowMs });
  if (event.kind === 'finished') return finished(state, event);
  const action = state.running.get(event.key);
  if (action === undefined) return state;
  switch (event.kind) {
    case 'phase':
      return withAction(state, event.key, {
        ...action,
        ...emptied,
        phase: { name: event.phase, number: event.number, of: event.of, startedMs: nowMs },
      });
    case 'phase-done':
      return withAction(state, event.key, { ...action, retry: undefined });
    case 'progress':
      return withAction(state, event.key, {
        ...action,
        storedBytes: event.storedBytes,
        expectedBytes: event.expectedBytes,
        counting: countingFrom(action, event.storedBytes, nowMs),
        retry: undefined,
      });
    case 'retry':
      return withAction(state, event.key, {
        ...action,
        ...emptied,
        retry: { attempt: event.attempt, of: event.of, untilMs: nowMs + event.waitMs },
      });
  }
  return event satisfies never;
}

/** Stored bytes per second since counting began; undefined until a second has passed and something was counted. */
export function rateOf(action: RunningAction, nowMs: number): number | undefined {
  if (action.counting === undefined) return undefined;
  const elapsed = nowMs - action.counting.sinceMs;
  const counted = action.storedBytes - action.counting.fromBytes;
  return elapsed < 1_000 || counted === 0 ? undefined : (counted * 1_000) / elapsed;
}

/** Milliseconds until the expected bytes are through at this rate; undefined where it cannot be told. */
export function remainingMs(action: RunningAction, nowMs: number): number | undefined {
  const rate = rateOf(action, nowMs);
  if (rate === undefined || action.expectedBytes === undefined) return undefined;
  const left = action.expectedBytes - action.storedBytes;
  return left <= 0 ? undefined : (left * 1_000) / rate;
}

const emptied = {
  storedBytes: 0,
  expectedBytes: undefined,
  counting: undefined,
  retry: undefined,
} as const;
const fresh = { ...emptied, phase: undefined } as const;

/** A new phase or attempt may count from zero again: then the rate does too. */
function countingFrom(action: RunningAction, storedBytes: number, nowMs: number): RunningAction['counting'] {
  if (action.counting === undefined || storedBytes < action.storedBytes)
    return { sinceMs: nowMs, fromBytes: storedBytes };
  return action.counting;
}

function withAction(state: ProgressState, key: string, action: RunningAction): ProgressState {
  return { ...state, running: new Map([...state.running, [key, action]]) };
}

function finished(state: ProgressState, event: RunEvent & { readonly kind: 'finished' }): ProgressState {
  const running = new Map(state.running);
  running.delete(event.key);
  return {
    running,
    done: state.done + (event.outcome === 'done' ? 1 : 0),
    failed: state.failed + (event.outcome === 'failed' ? 1 : 0),
    notRun: state.notRun + (event.outcome === 'not-run' ? 1 : 0),
  };
}
