import type { Address } from '../base/address.ts';
import type { Duration } from '../base/duration.ts';
import type { ServerAccess } from '../engine/server-access.ts';
import type { BackupId } from '../manifest/keys.ts';
import type { Repository } from '../repository/repository.ts';
import type { DesiredTarget, DrillPolicy } from '../spec/desired.ts';

/** One drill, fully decided: which backup, where to, and how far to prove. */
export interface DrillRequest {
  readonly repository: Repository;
  readonly address: Address;
  readonly backup: BackupId;
  readonly policy: DrillPolicy;
  readonly objectives: { readonly rpo?: Duration; readonly rto?: Duration };
  readonly jobs: number;
  readonly target: DesiredTarget;
  /** Every declared server: the target must be none of them. */
  readonly sources: readonly ServerAccess[];
  /** Declared servers that cannot be asked because a secret is not here. Only for a target that the drill makes itself. */
  readonly sourcesWithoutAccess: readonly string[];
  /** Folder with client programs of the source's major version, where the spec names one. */
  readonly clients?: string;
  /** What the choice of this backup has to say; goes into the evidence. */
  readonly notes: readonly string[];
  readonly spec: { readonly file: string; readonly digest: string } | null;
}
