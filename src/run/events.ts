import type { OperationError } from '../base/operation-error.ts';
import type { BackupId } from '../manifest/keys.ts';
import type { Action } from '../plan/plan.ts';

/**
 * What a run tells while it works. Progress renderers and the log subscribe; nothing decides by them.
 * `key` names the piece of work (an action's id, or `drill:server/database`).
 */
export type RunEvent =
  | { readonly kind: 'started'; readonly key: string; readonly title: string }
  | {
      readonly kind: 'phase';
      readonly key: string;
      readonly phase: string;
      readonly number: number;
      readonly of: number;
      readonly subject: string;
    }
  | {
      readonly kind: 'phase-done';
      readonly key: string;
      readonly phase: string;
      readonly number: number;
      readonly of: number;
      readonly subject: string;
      readonly ms: number;
      readonly bytes: number | undefined;
    }
  | {
      readonly kind: 'progress';
      readonly key: string;
      /** As stored, those of unfinished files too. */
      readonly storedBytes: number;
      /** The same of the last backup. */
      readonly expectedBytes: number | undefined;
    }
  | {
      readonly kind: 'retry';
      readonly key: string;
      readonly attempt: number;
      readonly of: number;
      readonly waitMs: number;
      readonly reason: string;
    }
  | {
      readonly kind: 'finished';
      readonly key: string;
      readonly outcome: 'done' | 'failed' | 'not-run';
      readonly ms: number;
      readonly summary: string;
    };

export type Emit = (event: RunEvent) => void;

/** What became of one planned action. Every action of a plan has exactly one. */
export type Outcome =
  | {
      readonly state: 'done';
      readonly action: Action;
      readonly ms: number;
      readonly backup: BackupId | undefined;
      readonly storedBytes: number | undefined;
      readonly detail: string;
    }
  | { readonly state: 'failed'; readonly action: Action; readonly ms: number; readonly error: OperationError }
  | { readonly state: 'not-run'; readonly action: Action; readonly because: string };
