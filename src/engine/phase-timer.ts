import type { CapturePhase } from './engine.ts';

/** Tells each phase as it begins and measures the one before; undefined ends the last. */
export function phaseTimer(
  timings: Record<string, number>,
  tell: (phase: CapturePhase) => void,
): (next: CapturePhase | undefined) => void {
  let current: CapturePhase | undefined;
  let since = performance.now();
  return (next) => {
    if (current !== undefined) timings[current] = Math.round(performance.now() - since);
    current = next;
    since = performance.now();
    if (next !== undefined) tell(next);
  };
}
