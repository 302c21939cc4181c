import { describe, expect, test } from 'vitest';
import { comparisonRules } from '../../../src/engine/mysql/comparison-rules.ts';
import { compareFacts } from '../../../src/manifest/compare-facts.ts';
import type { Fact } from '../../../src/manifest/manifest.ts';

const classesOf = (expected: readonly Fact[], actual: readonly Fact[]): readonly string[] =>
  compareFacts(expected, actual, comparisonRules).map((difference) => difference.class);

const counter = (low: object, high: object = low, kind = 'auto-increment'): Fact => ({
  kind,
  name: '`t`',
  value: { low, high },
});
const at = (next: string): Fact => counter({ next });

describe('a counter that moved during the backup', () => {
  const moved = counter({ next: '10' }, { next: '20' });

  test.each(['10', '15', '20'])('may come back at %s', (next) => {
    expect(new Set(classesOf([moved], [at(next)]))).toEqual(new Set(['interval']));
  });

  test.each(['9', '21', '18446744073709551615'])('may not come back at %s', (next) => {
    expect(classesOf([moved], [at(next)])).toContain('strict');
  });
});

test('a counter that stood still comes back where it was', () => {
  expect(classesOf([at('10')], [at('10')])).toEqual([]);
  expect(classesOf([at('10')], [at('11')])).toEqual(['strict', 'strict']);
});

test('a sequence that went round lies behind its first round', () => {
  const state = (next: string, cycles: string): object => ({ next, cycles });
  const moved = counter(state('90', '0'), state('5', '1'), 'sequence-state');
  const now = (next: string, cycles: string): Fact => counter(state(next, cycles), undefined, 'sequence-state');
  expect(classesOf([moved], [now('99', '0')])).not.toContain('strict');
  expect(classesOf([moved], [now('3', '1')])).not.toContain('strict');
  expect(classesOf([moved], [now('50', '0')])).toContain('strict');
});

const fact = (kind: string, value: Fact['value']): Fact => ({ kind, name: 'x', value });

test.each<[string, Fact, Fact, string]>([
  [
    'a row format that nobody asked for',
    fact('table', { rowFormat: 'Compact', createOptions: [] }),
    fact('table', { rowFormat: 'Dynamic', createOptions: [] }),
    'informational',
  ],
  [
    'a row format that was asked for',
    fact('table', { rowFormat: 'Compact', createOptions: ['row_format=COMPACT'] }),
    fact('table', { rowFormat: 'Dynamic', createOptions: ['row_format=COMPACT'] }),
    'strict',
  ],
  ['a reference system that is gone', fact('column', { srid: '4326' }), fact('column', {}), 'informational'],
  ['another reference system', fact('column', { srid: '4326' }), fact('column', { srid: '0' }), 'strict'],
  [
    'an event whose time passed',
    fact('event', { status: 'ENABLED' }),
    fact('event', { status: 'OVER' }),
    'informational',
  ],
  ['an event that was disabled', fact('event', { status: 'ENABLED' }), fact('event', { status: 'DISABLED' }), 'strict'],
  [
    'rows of which only FLOAT values were rounded',
    fact('rows-hash', { rows: 1, hash: 'a', roundedHash: 'c' }),
    fact('rows-hash', { rows: 1, hash: 'b', roundedHash: 'c' }),
    'informational',
  ],
  ['other rows', fact('rows-hash', { rows: 1, hash: 'a' }), fact('rows-hash', { rows: 1, hash: 'b' }), 'strict'],
])('%s', (_, expected, actual, weight) => {
  expect(classesOf([expected], [actual])).toEqual([weight]);
});

test('an event that is gone is strict', () => {
  expect(classesOf([fact('event', { status: 'ENABLED' })], [])).toEqual(['strict']);
});
