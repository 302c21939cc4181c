import type { Address } from '../base/address.ts';
import type { Diagnostic, Place } from '../base/diagnostic.ts';
import type { Duration } from '../base/duration.ts';
import type { Instant } from '../base/instant.ts';
import type { BackupId } from '../manifest/keys.ts';
import type { Policy } from '../spec/desired.ts';
import type { DrillFact } from './observed.ts';

/**
 * What should be done and why, as plain data: the same input always gives the same plan. Rendered by render/, carried out by
 * run/.
 */
export interface Plan {
  readonly at: Instant;
  /** Path of the spec and sha256 of its bytes. */
  readonly spec: { readonly file: string; readonly digest: string };
  /** What the plan was compared with. */
  readonly observed: PlanBasis;
  /** False where a server or a repository could not be observed or was not asked. */
  readonly complete: boolean;
  /** Everything apply would do. Empty: nothing to change. */
  readonly actions: readonly Action[];
  /** Back-ups that are wanted and cannot be taken now. Not empty: apply exits 24 even where everything else succeeds. */
  readonly blocked: readonly Blocked[];
  readonly drillsDue: readonly DrillDue[];
  /** Expired backups whose data is still there. Nothing is to be done about them yet. */
  readonly inGrace: readonly InGrace[];
  /** Role and grant changes since the newest backup. */
  readonly drift: readonly AccessDrift[];
  readonly objectives: readonly ObjectiveState[];
  readonly retention: readonly RetentionDecision[];
  /** Databases for which nothing is to be done. */
  readonly unchanged: readonly Address[];
  /** Everything worth saying that is no action, errors first. */
  readonly findings: readonly Diagnostic[];
}

export interface PlanBasis {
  readonly repositories: readonly {
    readonly name: string;
    readonly location: string;
    readonly state: 'ready' | 'absent' | 'unreachable';
    /** The repository's own id; undefined where it is not ready. */
    readonly id: string | undefined;
  }[];
  /** Names of servers that did not answer. */
  readonly unreachable: readonly string[];
  /** Names of servers that were left out on request (`--refresh=false`). */
  readonly notAsked: readonly string[];
}

export interface Blocked {
  readonly address: Address;
  /** Why a back-up is wanted; undefined where the repository could not be read, so that nobody knows. */
  readonly because: BackUpReason | undefined;
  readonly diagnostic: Diagnostic;
}

export type Action = BackUp | Verify | Expire | Sweep;

interface ActionBase {
  /** Stable for the same action on the same state: `back-up:wfdb02/botpress_db`. */
  readonly id: string;
  readonly repository: string;
  readonly estimate: Estimate | undefined;
  /** Where the spec asks for it; undefined for what the spec no longer names. */
  readonly place: Place | undefined;
  /** Whether something restorable is lost. Such an action needs an approval of its own. */
  readonly irreversible: boolean;
}

export interface BackUp extends ActionBase {
  readonly kind: 'back-up';
  readonly address: Address;
  readonly policy: Policy;
  readonly because: BackUpReason;
  readonly newest: BackupId | undefined;
  /** What tells the server from all others; absent where it was not asked. */
  readonly serverIdentity?: string;
}

export type BackUpReason =
  | { readonly kind: 'never' }
  | { readonly kind: 'due'; readonly age: Duration; readonly every: Duration }
  | { readonly kind: 'holds-changed'; readonly fields: readonly string[] }
  | { readonly kind: 'damaged'; readonly backup: BackupId }
  /** Not due: somebody wants one now. */
  | { readonly kind: 'asked'; readonly age: Duration };

export interface Verify extends ActionBase {
  readonly kind: 'verify';
  readonly address: Address;
  readonly backup: BackupId;
  readonly because:
    | { readonly kind: 'never'; readonly every: Duration }
    | { readonly kind: 'due'; readonly age: Duration; readonly every: Duration };
}

/** Writes the tombstones of backups: from then on they count for nothing. A sweep removes their data after the grace. */
export interface Expire extends ActionBase {
  readonly kind: 'expire';
  readonly address: Address;
  readonly backups: readonly BackupId[];
  /**
   * Ids of the actions of this plan that must have succeeded before. Retention is decided as it will be after them (else a
   * second apply would find work), so without them this removal may break a floor: it is then left undone.
   */
  readonly dependsOn: readonly string[];
  readonly irreversible: true;
}

/** Removes the data of a backup that was begun and never committed, or that expired and whose grace is over. */
export interface Sweep extends ActionBase {
  readonly kind: 'sweep';
  readonly backup: BackupId;
  /** Database of an expired backup; undefined for what was never committed: that has no address. */
  readonly expired: Address | undefined;
  /** Since its last change, or since its tombstone. */
  readonly age: Duration;
}

export interface InGrace {
  readonly address: Address;
  readonly repository: string;
  readonly backup: BackupId;
  /** Undefined: not as long as the database has no good backup. */
  readonly dataGoesAt: Instant | undefined;
}

export interface DrillDue {
  readonly address: Address;
  readonly backup: BackupId;
  readonly policy: Policy;
  readonly because:
    | { readonly kind: 'never' }
    | { readonly kind: 'due'; readonly age: Duration; readonly every: Duration }
    | { readonly kind: 'failed'; readonly at: Instant };
}

export interface AccessDrift {
  readonly address: Address;
  readonly since: Instant;
  /** Canonical access text then and now. No passwords in either. */
  readonly before: string;
  readonly after: string;
  readonly passwords: 'changed' | 'unchanged' | 'unknown';
}

export type RpoState = 'met' | 'at-risk' | 'breached' | 'unknown';

export interface ObjectiveState {
  readonly address: Address;
  readonly rpo:
    | {
        readonly objective: Duration;
        readonly age: Duration | undefined;
        readonly state: RpoState;
        /** The state once every action of the plan has succeeded. */ readonly after: RpoState;
      }
    | undefined;
  readonly rto:
    | {
        readonly objective: Duration;
        readonly measured: Duration | undefined;
        readonly at: Instant | undefined;
        readonly state: 'met' | 'breached' | 'unproven';
      }
    | undefined;
  readonly lastDrill: DrillFact | undefined;
}

export interface RetentionDecision {
  readonly address: Address;
  readonly repository: string;
  /** Newest first, as is `remove`. Every committed backup of the address is in exactly one of the two. */
  readonly keep: readonly { readonly backup: BackupId; readonly because: readonly KeepReason[] }[];
  readonly remove: readonly { readonly backup: BackupId; readonly because: RemoveReason }[];
  /** Why nothing is removed although the policy would: `remove` is then what it would remove, and there is no action. */
  readonly frozen: string | undefined;
}

export type KeepReason =
  | {
      readonly kind: 'last' | 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly';
      readonly nth: number;
      readonly of: number;
    }
  | { readonly kind: 'within'; readonly span: Duration }
  | {
      readonly kind:
        | 'minimum'
        | 'last-committed'
        | 'last-verified'
        | 'last-drilled'
        | 'unmanaged'
        | 'unproven'
        | 'future'
        | 'no-policy';
    };

export type RemoveReason = { readonly kind: 'outside-retention' } | { readonly kind: 'damaged-and-replaced' };

/**
 * From history: the newest backup's stored size and duration, or the database's size (an upper bound) where there is none.
 * `bytes` are those that an action writes (back up), reads (verify) or frees (expire).
 */
export interface Estimate {
  readonly bytes: number | undefined;
  readonly ms: number | undefined;
  readonly basis: 'last-backup' | 'database-size';
}
