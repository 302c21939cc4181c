import type { Instant } from '../base/instant.ts';
import { isDamaged } from './history.ts';
import type { BackupSummary } from './observed.ts';

/** The highest level that a backup has ever shown, when it last did, and whether its stored bytes failed since. */
export interface Proof {
  readonly level: 'L2' | 'L3' | 'L4' | 'L5' | 'L6';
  readonly at: Instant;
  readonly damaged: boolean;
}

/** Every committed backup has L2 from its capture; drills raise it. */
export function proofOf(backup: BackupSummary): Proof {
  const { verified, drilled, committedAt } = backup;
  const damaged = isDamaged(backup);
  if (drilled?.level !== undefined) return { level: drilled.level, at: drilled.at, damaged };
  return { level: 'L2', at: verified?.passed === true && verified.level === 'L2' ? verified.at : committedAt, damaged };
}
