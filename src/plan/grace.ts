import { duration } from '../base/duration.ts';
import { instant, type Instant } from '../base/instant.ts';

/**
 * How long nothing is deleted of what is to go: a whole day, so that a person sees the plan, the listing or the failed
 * restore of a working day before the bytes are gone, and longer than any capture may reasonably pause, so that a clock
 * that is somewhat wrong cannot hit a running one. Fixed: a grace that can be set is a grace that is set to nothing on the
 * day when the disk is full.
 */
export const grace = duration(24 * 3_600_000);

/** When the data of a backup may go whose tombstone was written at `expiredAt`. */
export function dataGoesAt(expiredAt: Instant): Instant {
  return instant(expiredAt + grace);
}
