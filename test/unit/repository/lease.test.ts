import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { instant } from '../../../src/base/instant.ts';
import { initialiseFilesystemRepository } from '../../../src/repository/filesystem/initialise.ts';
import { openFilesystemRepository } from '../../../src/repository/filesystem/open.ts';
import { acquireLease } from '../../../src/repository/lease.ts';
import { abandonedWork, anyLeaseHeld } from '../../../src/repository/lease-survey.ts';
import type { Holder, Repository } from '../../../src/repository/repository.ts';
import { ownIdentity } from '../../../src/system/process-identity.ts';
import type { Clock } from '../../../src/system/clock.ts';

const holder: Holder = {
  host: 'elsewhere',
  pid: 42,
  command: 'backup apply',
  since: '2026-11-22T20:00:00Z',
  run: null,
};

/**
 * Time passes only where somebody sleeps; `onSleep` is what else happens meanwhile. A sleep of 15 s or more is a heartbeat's
 * and never ends by itself.
 */
function fakeClock(onSleep: (nowMs: number) => Promise<void> = async () => undefined): Clock {
  let now = 0;
  return {
    now: () => instant(now),
    monotonicMs: () => now,
    sleep: async (ms, signal) => {
      if (ms >= 15_000)
        return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped'))));
      now += ms;
      await onSleep(now);
    },
  };
}

let repository: Repository;
beforeEach(async () => {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-lease-'));
  await initialiseFilesystemRepository(path);
  repository = await openFilesystemRepository(path);
});
afterEach(() => rm(repository.location, { recursive: true, force: true }));

/** A lease as a process that cannot be judged from here (another machine) leaves it. */
async function foreignLease(generation: number, change: Record<string, unknown> = {}): Promise<void> {
  const process = { pid: 42, startTime: '1', bootId: 'of another machine', pidNamespace: '1' };
  const document = {
    kind: 'holdfast.lease',
    formatVersion: 1,
    generation,
    state: 'held',
    beat: 0,
    ttlMs: 60_000,
    holder,
    process,
    ...change,
  };
  await repository.replace(`leases/expire/000000000${generation}.json`, Buffer.from(JSON.stringify(document)));
}

describe('a lease', () => {
  test('is exclusive while it is held, and free once it is released', async () => {
    const first = await acquireLease(repository, 'expire', { clock: fakeClock(), holder });
    await expect(acquireLease(repository, 'expire', { clock: fakeClock(), holder })).rejects.toMatchObject({
      code: 'repository/lease-held',
      message: expect.stringContaining('process 42 on elsewhere') as string,
    });
    expect(await anyLeaseHeld(repository, 'expire')).toBe(true);
    await first.check();
    await first[Symbol.asyncDispose]();
    await using second = await acquireLease(repository, 'expire', { clock: fakeClock(), holder });
    await second.check();
  });

  test('of a silent holder elsewhere is taken over after its time to live, by the own clock', async () => {
    await foreignLease(1);
    const clock = fakeClock();
    await using lease = await acquireLease(repository, 'expire', { clock, holder });
    expect(clock.monotonicMs()).toBe(60_000);
    await lease.check();
  });

  test('of a holder that beats is not taken over', async () => {
    await foreignLease(1);
    let beat = 0;
    const clock = fakeClock(async (now) => {
      if (now % 10_000 === 0) await foreignLease(1, { beat: (beat += 1) });
    });
    await expect(acquireLease(repository, 'expire', { clock, holder, waitMs: 300_000 })).rejects.toMatchObject({
      code: 'repository/lease-held',
    });
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(300_000);
  });

  test('of a dead process of this machine is taken over at once', async () => {
    const first = await acquireLease(repository, 'expire', { clock: fakeClock(), holder });
    const text = String(await repository.readSmall('leases/expire/0000000001.json', 10_000));
    const document = JSON.parse(text) as { process: object };
    await repository.replace(
      'leases/expire/0000000001.json',
      Buffer.from(JSON.stringify({ ...document, process: { ...document.process, startTime: '1' } })),
    );
    const clock = fakeClock();
    await using second = await acquireLease(repository, 'expire', { clock, holder });
    expect(clock.monotonicMs()).toBe(0);
    await second.check();
    await expect(first.check()).rejects.toMatchObject({ code: 'repository/lease-lost' });
    await first[Symbol.asyncDispose]();
    await second.check();
  });

  test('that is unreadable is waited for like a held one', async () => {
    await repository.replace('leases/expire/0000000001.json', Buffer.from('{'));
    const clock = fakeClock();
    await using lease = await acquireLease(repository, 'expire', { clock, holder });
    expect(clock.monotonicMs()).toBe(60_000);
    await lease.check();
  });

  test('of one database does not hinder another', async () => {
    await using one = await acquireLease(repository, 'capture/main/a', { clock: fakeClock(), holder });
    await using two = await acquireLease(repository, 'capture/main/b', { clock: fakeClock(), holder });
    await expect(one.check()).resolves.toBeUndefined();
    await expect(two.check()).resolves.toBeUndefined();
  });

  test('names its work, which is abandoned once the lease is released, or its process is certainly dead', async () => {
    const lease = await acquireLease(repository, 'capture/main/a', { clock: fakeClock(), holder });
    await lease.note('20261122T194629Z-3f9a2c71');
    expect(await abandonedWork(repository, 'capture')).toEqual(new Set());
    expect(await anyLeaseHeld(repository, 'capture')).toBe(true);
    await lease[Symbol.asyncDispose]();
    expect(await abandonedWork(repository, 'capture')).toEqual(new Set(['20261122T194629Z-3f9a2c71']));
    await foreignLease(1, { work: '20261122T194629Z-00000001' });
    expect(await abandonedWork(repository, 'expire')).toEqual(new Set());
    await foreignLease(2, { work: '20261122T194629Z-00000001', process: { ...ownIdentity(), startTime: '1' } });
    expect(await abandonedWork(repository, 'expire')).toEqual(new Set(['20261122T194629Z-00000001']));
  });

  test('of a holder that cannot be judged from here counts as held for a day of the storage’s own time', async () => {
    const hour = 3_600;
    const key = (scope: string, generation: number) => `leases/${scope}/000000000${generation}.json`;
    const setTime = (name: string, seconds: number) => utimes(join(repository.location, name), seconds, seconds);
    await foreignLease(1);
    await repository.replace(key('capture/main/a', 1), await repository.readSmall(key('expire', 1), 10_000));
    await setTime(key('capture/main/a', 1), 1_000 * hour);

    // However old it is: nothing else says how late it is where it is kept.
    await setTime(key('expire', 1), 1_000 * hour);
    expect(await anyLeaseHeld(repository, 'capture')).toBe(true);
    await setTime(key('expire', 1), 1_024 * hour);
    expect(await anyLeaseHeld(repository, 'capture')).toBe(true);
    await setTime(key('expire', 1), 1_024 * hour + 1);
    expect(await anyLeaseHeld(repository, 'capture')).toBe(false);

    // One that cannot be read is no other case, and a running process of this machine is held at any age.
    await repository.replace(key('capture/main/a', 1), Buffer.from('{'));
    expect(await anyLeaseHeld(repository, 'capture')).toBe(true);
    await setTime(key('capture/main/a', 1), 1_000 * hour);
    expect(await anyLeaseHeld(repository, 'capture')).toBe(false);
    await using lease = await acquireLease(repository, 'capture/main/b', { clock: fakeClock(), holder });
    await setTime(key('capture/main/b', 1), 1_000 * hour);
    expect(await anyLeaseHeld(repository, 'capture')).toBe(true);
    await lease.check();
  });

  test('whose process stood still for its time to live is lost for good, and released all the same', async () => {
    let now = 0;
    const beats: (() => void)[] = [];
    const clock: Clock = {
      now: () => instant(now),
      monotonicMs: () => now,
      sleep: (_, signal) =>
        new Promise((resolve, reject) => {
          beats.push(resolve);
          signal?.addEventListener('abort', () => reject(new Error('stopped')));
        }),
    };
    const lease = await acquireLease(repository, 'expire', { clock, holder });
    now = 60_000;
    beats.shift()?.();
    await expect(lease.check()).rejects.toMatchObject({ code: 'repository/lease-lost' });
    // No heartbeat follows that could bring it back.
    expect(beats).toEqual([]);
    await lease[Symbol.asyncDispose]();
    await using next = await acquireLease(repository, 'expire', { clock: fakeClock(), holder });
    await next.check();
  });

  test('whose heartbeat cannot be written is lost after its time to live, and not before', async () => {
    let now = 0;
    const beats: (() => void)[] = [];
    const clock: Clock = {
      now: () => instant(now),
      monotonicMs: () => now,
      sleep: (_, signal) =>
        new Promise((resolve, reject) => {
          beats.push(resolve);
          signal?.addEventListener('abort', () => reject(new Error('stopped')));
        }),
    };
    const tried: PromiseWithResolvers<void>[] = [Promise.withResolvers(), Promise.withResolvers()];
    let broken = true;
    const storage: Repository = {
      ...repository,
      replace: async (key, bytes) => {
        if (!broken) return repository.replace(key, bytes);
        tried.shift()?.resolve();
        throw new Error('the disk is gone');
      },
    };
    const [first, second] = [tried[0]?.promise, tried[1]?.promise];
    await using lease = await acquireLease(storage, 'expire', { clock, holder });
    now = 15_000;
    beats.shift()?.();
    await first;
    await lease.check();
    now = 60_000;
    beats.shift()?.();
    await second;
    await expect(lease.check()).rejects.toMatchObject({ code: 'repository/lease-lost' });
    broken = false;
    const text = async () => String(await repository.readSmall('leases/expire/0000000001.json', 10_000));
    beats.shift()?.();
    await expect.poll(text).toContain('"beat":3');
    await expect
      .poll(() =>
        lease.check().then(
          () => 'held',
          () => 'lost',
        ),
      )
      .toBe('held');
  });
});
