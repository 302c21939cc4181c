import { expect, test } from 'vitest';
import { release } from '../../../src/codec/release.ts';

test('a whole buffer is freed, a part of one is left alone', () => {
  const whole = Buffer.allocUnsafeSlow(64 * 1024);
  release(whole);
  expect(whole.byteLength).toBe(0);
  const shared = Buffer.from('a neighbour and this');
  release(shared.subarray(12));
  expect(String(shared)).toBe('a neighbour and this');
});
