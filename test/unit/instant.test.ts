import { expect, test } from 'vitest';
import { isoTime, parseInstant } from '../../src/base/instant.ts';

test.each([
  ['2026-02-28T23:30:00+01:00', '2026-02-28T22:30:00.000Z'],
  ['2028-02-29T00:00Z', '2028-02-29T00:00:00.000Z'],
  ['2026-02-30T00:00:00Z', undefined],
  ['2026-04-31T12:00:00Z', undefined],
  ['2026-13-01T00:00:00Z', undefined],
  ['2026-11-22 10:00:00Z', undefined],
  ['2026-11-22T10:00:00', undefined],
])('%s is %s', (text, time) => {
  const at = parseInstant(text);
  expect(at === undefined ? undefined : isoTime(at)).toBe(time);
});
