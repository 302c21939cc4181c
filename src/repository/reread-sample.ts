import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Every object is in the sample once in so many runs. */
export const rereadRounds = 64;

/** Which objects are read again in this run although the listing shows no change. */
export interface RereadSample {
  includes(key: string): boolean;
  /** Lets the next run take the next sample. */
  next(): Promise<void>;
}

/**
 * Decay of storage changes bytes and no time: the listing shows the same object. So each run reads another part of them, and
 * after `rereadRounds` runs on this machine it has read all. Counted and not taken from the clock: a plan that always runs
 * at the same time of day would meet the same parts again and again. A counter that cannot be kept starts anew anywhere.
 */
export async function openRereadSample(cacheDirectory: string, repositoryId: string): Promise<RereadSample> {
  const path = join(cacheDirectory, `reread-${repositoryId}`);
  const kept = Number.parseInt(await readFile(path, 'latin1').catch(() => ''), 10);
  const round = Number.isSafeInteger(kept) && kept >= 0 ? kept : Math.floor(Math.random() * rereadRounds);
  return {
    // Keys end with a random number in hexadecimal digits; one that does not is always read.
    includes: (key) => {
      const random = Number.parseInt(key.slice(-7, -5), 16);
      return Number.isNaN(random) || random % rereadRounds === round % rereadRounds;
    },
    next: async () => {
      try {
        await mkdir(cacheDirectory, { recursive: true, mode: 0o700 });
        await writeFile(path, `${round + 1}\n`, { mode: 0o600 });
      } catch {
        // A cache that cannot be written holds no index either, so everything is read.
      }
    },
  };
}
