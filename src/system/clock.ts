import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { instant, type Instant } from '../base/instant.ts';

/** Time, passed in so that tests decide what it is. */
export interface Clock {
  now(): Instant;
  /** Milliseconds since some fixed point. Never jumps, whatever happens to the wall clock. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason where it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => instant(Date.now()),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
};
