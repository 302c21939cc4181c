import type { Address } from '../base/address.ts';
import type { OperationError } from '../base/operation-error.ts';
import type { BackupId } from '../manifest/keys.ts';

/** What a verification of one backup found. */
export interface VerifyReport {
  readonly address: Address;
  readonly backup: BackupId;
  readonly level: 'L1' | 'L2';
  readonly passed: boolean;
  readonly objects: number;
  readonly storedBytes: number;
  readonly plainBytes: number;
  readonly ms: number;
  /** One line per thing that is wrong, naming the object. Empty where it passed. */
  readonly problems: readonly string[];
  /** Why the result could not be stored; absent where the repository has it. The next plan knows nothing of it then. */
  readonly notRecorded?: OperationError;
}

/** A backup that could not be read at all, which says nothing about it. */
export interface NotVerified {
  readonly address: Address;
  readonly backup: BackupId;
  readonly error: OperationError;
}

export interface Verifications {
  readonly verified: readonly VerifyReport[];
  readonly notVerified: readonly NotVerified[];
}

/** What a restore did, or would do with `--dry-run`. */
export type RestoreOutcome =
  | {
      readonly state: 'restored';
      readonly address: Address;
      readonly backup: BackupId;
      readonly database: string;
      readonly ms: number;
      readonly notes: readonly string[];
    }
  | {
      readonly state: 'planned';
      readonly address: Address;
      readonly backup: BackupId;
      readonly database: string;
      readonly steps: readonly string[];
      readonly notes: readonly string[];
    }
  | {
      readonly state: 'failed';
      readonly address: Address;
      readonly backup: BackupId | undefined;
      readonly error: OperationError;
    };
