import type { Address } from '../base/address.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { Instant } from '../base/instant.ts';
import type { BackupId } from '../manifest/keys.ts';
import type { Degradation, Holds } from '../manifest/manifest.ts';

/** Everything a plan knows of the world, as plain data. `at` is the planner's only clock. */
export interface Observed {
  readonly at: Instant;
  readonly repositories: readonly ObservedRepository[];
  readonly servers: readonly ObservedServer[];
}

export type ObservedRepository =
  | {
      readonly name: string;
      readonly location: string;
      readonly state: 'absent' | 'unreachable';
      readonly diagnostic: Diagnostic;
    }
  | {
      readonly name: string;
      readonly location: string;
      readonly state: 'ready';
      readonly id: string;
      /** Those that count. */
      readonly backups: readonly BackupSummary[];
      /** Those with a tombstone, whose data is still there. They count for nothing and can be had by their id. */
      readonly expired: readonly ExpiredBackup[];
      /** Objects of a backup that was never committed: its id, newest change and bytes; live where a lease covers it. */
      readonly unfinished: readonly UnfinishedBackup[];
      readonly invalidManifests: readonly { readonly key: string; readonly detail: string }[];
      /** Committed, gone, and nobody expired them. */
      readonly lost: readonly LostBackup[];
      readonly diagnostics: readonly Diagnostic[];
    };

export interface UnfinishedBackup {
  readonly id: BackupId;
  readonly modifiedAt: Instant;
  readonly live: boolean;
  /** Its capture's lease names it, and the process that held the lease has certainly ended: nobody will go on with it. */
  readonly abandoned: boolean;
  /** Whether it was complete but for its manifest, so that it may have had one. */
  readonly hasContents: boolean;
}

/** A backup that was committed and is gone although no tombstone says that it expired. At least one of the two is known. */
export interface LostBackup {
  readonly address: Address;
  readonly id: BackupId | undefined;
  /** Its number in the history of its address. */
  readonly sequence: number | undefined;
}

export interface ExpiredBackup {
  readonly id: BackupId;
  readonly address: Address;
  /** When its tombstone was written. */
  readonly at: Instant;
  /** Undefined where its manifest is damaged. */
  readonly backup: BackupSummary | undefined;
}

/** What planning needs of one committed backup: its manifest in short, and the newest records about it. */
export interface BackupSummary {
  readonly id: BackupId;
  readonly address: Address;
  readonly sequence: number;
  /** The backup of the address before this one, as its manifest names it; null for the first. */
  readonly previous: BackupId | null;
  /** Time of the snapshot: age, retention and due times count from here. */
  readonly snapshotAt: Instant;
  readonly tookMs: number;
  readonly plainBytes: number;
  readonly storedBytes: number;
  readonly tables: number;
  readonly rows: number;
  readonly serverVersion: string;
  readonly holds: Holds;
  readonly accessFingerprint: string;
  readonly passwords: { readonly keyId: string; readonly digest: string } | null;
  readonly degradations: readonly Degradation[];
  readonly committedAt: Instant;
  /** When its tombstone was written; absent for a backup that counts. */
  readonly expiredAt?: Instant;
  /** Nothing of what its manifest vouches for is there any more, by the listing alone (its contents or all of its data). */
  readonly dataGone?: true;
  readonly verified: VerifyFact | undefined;
  readonly drilled: DrillFact | undefined;
}

/** The newest verification of a backup. */
export interface VerifyFact {
  readonly at: Instant;
  readonly level: 'L1' | 'L2';
  readonly passed: boolean;
}

/** The newest drill of a backup. */
export interface DrillFact {
  readonly at: Instant;
  readonly passed: boolean;
  /** The highest level shown; undefined where not even the restore succeeded. */
  readonly level: 'L3' | 'L4' | 'L5' | 'L6' | undefined;
  /** Measured time from the start of the fetch to the end of ANALYZE. */
  readonly restoreMs: number | undefined;
}

export type ObservedServer =
  | { readonly name: string; readonly state: 'not-asked' }
  | { readonly name: string; readonly state: 'unreachable'; readonly diagnostic: Diagnostic }
  | {
      readonly name: string;
      readonly state: 'reachable';
      readonly identity: string;
      readonly version: string;
      readonly versionNumber: number;
      /** What `version` begins with that a target has to share: `15`, `9.7`, `11.8`. */
      readonly series: string;
      readonly login: { readonly role: string; readonly superuser: boolean };
      /** Version of the dump program that a capture would use; or why there is none. */
      readonly client:
        | { readonly ok: true; readonly version: string; readonly path: string }
        | { readonly ok: false; readonly diagnostic: Diagnostic };
      /** Every database but the server's own (template0 and template1; information_schema, mysql …). */
      readonly databases: readonly ObservedDatabase[];
      readonly diagnostics: readonly Diagnostic[];
    };

export interface ObservedDatabase {
  readonly name: string;
  readonly bytes: number;
  readonly allowsConnections: boolean;
  /** Only for the databases that were asked for; undefined otherwise or where it could not be connected to. */
  readonly access?: {
    readonly fingerprint: string;
    readonly text: string;
    readonly passwords: { readonly keyId: string; readonly digest: string } | null;
  };
  /** What a capture with this login would lack (the preflight), ahead of time. `refused` = no complete dump is possible. */
  readonly preflight?: { readonly degradations: readonly Degradation[]; readonly refused: readonly Diagnostic[] };
  /** The access text of the newest backup, read only where the fingerprints differ. */
  readonly backedUpAccess?: { readonly backup: BackupId; readonly text: string };
  readonly diagnostic?: Diagnostic;
}
