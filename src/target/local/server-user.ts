import { randomInt } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';

/**
 * A user id that no process has and, in all likelihood, no file: above every range that systemd's table of user ids
 * assigns (https://systemd.io/UIDS-GIDS/), or, where a container maps only 65,536 ids, below its end. Random, so that
 * two drills at a time are two users.
 */
export async function unusedUserId(): Promise<number> {
  const mapped = await mappedIds();
  const [from, to] = mapped > 2_000_000_000 ? [1_900_000_000, 2_000_000_000] : [61_184, Math.min(mapped, 65_500)];
  const taken = await usersOfProcesses();
  for (;;) {
    const uid = randomInt(from, to);
    if (!taken.has(uid)) return uid;
  }
}

/** The user without any rights or files, where there is one. */
export async function nobodyId(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n');
  const [, , uid, gid] = (lines.find((line) => line.startsWith('nobody:')) ?? '').split(':').map(Number);
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** How many user ids exist here, counted from 0 (user_namespaces(7), uid_map). */
async function mappedIds(): Promise<number> {
  const lines = (await readFile('/proc/self/uid_map', 'latin1')).trim().split('\n');
  const first = lines.map((line) => line.trim().split(/\s+/).map(Number)).find(([inside]) => inside === 0);
  return first?.[2] ?? 65_536;
}

async function usersOfProcesses(): Promise<ReadonlySet<number>> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(numbers.map((name) => stat(`/proc/${name}`).catch(() => undefined)));
  return new Set(found.flatMap((entry) => (entry === undefined ? [] : [entry.uid])));
}
