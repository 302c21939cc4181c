import { expect, test } from 'vitest';
import { roomMs } from '../../../src/engine/mysql/server-lock.ts';

test('a lock that is not to be had keeps writers waiting for a tenth of the time at most', () => {
  expect([1, 2, 3, 4, 5, 6].map(roomMs)).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  let [elapsed, blocked] = [0, 0];
  for (let attempts = 1; elapsed < 300_000; attempts += 1) {
    blocked += 2_000;
    elapsed += 2_000 + roomMs(attempts);
  }
  expect(blocked / elapsed).toBeLessThan(0.1);
});
