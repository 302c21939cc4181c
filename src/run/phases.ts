import type { Tools } from './tools.ts';

export interface PhaseEvents {
  /** Ends the phase before and begins this one. */
  enter(phase: string): void;
  /** Ends the last phase; `bytes` is what it came to. */
  leave(bytes?: number): void;
  progress(
    done: { readonly plainBytes: number; readonly storedBytes: number },
    expectedBytes: number | undefined,
  ): void;
  /** Milliseconds of each phase that ended, in order. */
  readonly timings: readonly { readonly phase: string; readonly ms: number }[];
}

/**
 * Turns the steps of one piece of work into numbered phase events. `phases` is the whole list, in order; one may be left out.
 */
export function phaseEvents(
  key: string,
  subject: string,
  phases: readonly string[],
  tools: Pick<Tools, 'clock' | 'emit'>,
): PhaseEvents {
  const timings: { phase: string; ms: number }[] = [];
  let current: { phase: string; since: number; bytes: number | undefined } | undefined;
  const numberOf = (phase: string): number => phases.indexOf(phase) + 1;
  const leave = (bytes?: number): void => {
    if (current === undefined) return;
    const { phase, since } = current;
    const ms = Math.round(tools.clock.monotonicMs() - since);
    timings.push({ phase, ms });
    tools.emit({
      kind: 'phase-done',
      key,
      phase,
      number: numberOf(phase),
      of: phases.length,
      subject,
      ms,
      bytes: bytes ?? current.bytes,
    });
    current = undefined;
  };
  return {
    timings,
    leave,
    enter(phase) {
      leave();
      current = { phase, since: tools.clock.monotonicMs(), bytes: undefined };
      tools.emit({ kind: 'phase', key, phase, number: numberOf(phase), of: phases.length, subject });
    },
    progress({ plainBytes, storedBytes }, expectedBytes) {
      if (current !== undefined) current.bytes = plainBytes;
      tools.emit({ kind: 'progress', key, storedBytes, expectedBytes });
    },
  };
}
