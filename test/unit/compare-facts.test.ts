import { describe, expect, test } from 'vitest';
import { comparisonRules } from '../../src/engine/postgresql/comparison-rules.ts';
import { compareFacts } from '../../src/manifest/compare-facts.ts';
import type { Fact } from '../../src/manifest/manifest.ts';

const fact = (kind: string, name: string, value: Fact['value']): Fact => ({ kind, name, value });
const compare = (expected: readonly Fact[], actual: readonly Fact[]) => compareFacts(expected, actual, comparisonRules);

describe('comparing facts', () => {
  test('equal inventories differ in nothing, whatever the order', () => {
    const facts = [fact('role', 'a', { login: true }), fact('enum', 'e', { labels: ['x', 'y'] })];
    expect(compare(facts, facts.toReversed())).toEqual([]);
    expect(
      compare([fact('role', 'a', { x: 1, y: { b: 1, a: 2 } })], [fact('role', 'a', { y: { a: 2, b: 1 }, x: 1 })]),
    ).toEqual([]);
  });

  test('a missing, an extra and a changed fact are strict, each by its field', () => {
    const differences = compare(
      [fact('policy', 'gone', { command: 'all' }), fact('object', 'table t', { owner: 'a' })],
      [fact('policy', 'new', { command: 'all' }), fact('object', 'table t', { owner: 'b' })],
    );
    expect(differences).toEqual([
      {
        class: 'strict',
        kind: 'object',
        name: 'table t',
        field: 'owner',
        expected: 'a',
        actual: 'b',
        because: undefined,
      },
      {
        class: 'strict',
        kind: 'policy',
        name: 'gone',
        field: undefined,
        expected: { command: 'all' },
        actual: undefined,
        because: undefined,
      },
      {
        class: 'strict',
        kind: 'policy',
        name: 'new',
        field: undefined,
        expected: undefined,
        actual: { command: 'all' },
        because: undefined,
      },
    ]);
  });

  test('a field that is absent is not one that is null', () => {
    expect(compare([fact('role', 'a', { password: null })], [fact('role', 'a', {})])).toHaveLength(1);
  });

  test('of two lists only what is on one side is shown, unless the order is all', () => {
    const item = (privilege: string) => ({ grantee: 'a', privilege });
    expect(
      compare(
        [fact('acl', 't', { items: [item('SELECT'), item('UPDATE')] })],
        [fact('acl', 't', { items: [item('SELECT')] })],
      ),
    ).toMatchObject([{ expected: [item('UPDATE')], actual: [] }]);
    expect(
      compare([fact('enum', 'e', { labels: ['x', 'y'] })], [fact('enum', 'e', { labels: ['y', 'x'] })]),
    ).toMatchObject([{ class: 'strict', expected: ['x', 'y'], actual: ['y', 'x'] }]);
  });

  test('secrets are compared and never shown', () => {
    const role = (password: string | null) => fact('role', 'a', { password });
    expect(compare([role('SCRAM-1')], [role('SCRAM-2')])).toMatchObject([
      { class: 'strict', expected: '[secret]', actual: '[secret]' },
    ]);
    expect(compare([role('SCRAM-1')], [role(null)])).toMatchObject([{ expected: '[secret]', actual: null }]);
    expect(
      JSON.stringify(compare([role('SCRAM-1'), fact('user-mapping', 'm', { options: { password: 'SCRAM-3' } })], [])),
    ).not.toContain('SCRAM');
  });
});

describe('what is not strict', () => {
  const state = (last: string, called: boolean) => ({ last, called });
  const sequence = (low: object, high: object) => fact('sequence-state', 's', { low, high });

  test('a sequence that moved while it was read may lie in between, and nowhere else', () => {
    const expected = [sequence(state('9223372036854775800', true), state('9223372036854775807', true))];
    const restored = (last: string) =>
      compare(expected, [sequence(state(last, true), state(last, true))]).map((difference) => difference.class);
    expect(new Set(restored('9223372036854775803'))).toEqual(new Set(['interval']));
    expect(new Set(restored('9223372036854775799'))).toEqual(new Set(['strict']));
  });

  test('a sequence that stood still must be where it was', () => {
    const still = sequence(state('5', true), state('5', true));
    expect(compare([still], [still])).toEqual([]);
    const other = sequence(state('5', false), state('5', false));
    expect(compare([still], [other]).every((difference) => difference.class === 'strict')).toBe(true);
  });

  test('is named with its reason', () => {
    const cases: readonly [Fact, Fact | undefined][] = [
      [
        fact('role', 'postgres', { bootstrap: true, password: 'x' }),
        fact('role', 'postgres', { bootstrap: true, password: 'y' }),
      ],
      [fact('index', 'i', { valid: false }), undefined],
      [fact('extension', 'citext', { version: '1.5' }), fact('extension', 'citext', { version: '1.6' })],
      [
        fact('object', 'function f()', { extension: 'citext' }),
        fact('object', 'function f()', { owner: 'b', extension: 'citext' }),
      ],
      [fact('tablespace', 't', { location: '/a' }), fact('tablespace', 't', { location: '/b' })],
      [fact('subscription', 's', { enabled: true }), fact('subscription', 's', { enabled: false })],
    ];
    for (const [expected, actual] of cases) {
      const differences = compare([expected], actual === undefined ? [] : [actual]);
      expect(differences.map((difference) => difference.class)).toEqual(['informational']);
      expect(differences[0]?.because).toBeTruthy();
    }
  });

  test('rows of a materialised view are recomputed', () => {
    const view = (rows: number | null) => fact('materialized-view', 'public.m', { rows });
    expect(compare([view(1)], [view(2)])).toMatchObject([{ class: 'recomputed', field: 'rows' }]);
    expect(compare([view(1)], [])).toMatchObject([{ class: 'strict' }]);
  });

  test('does not reach further than it must', () => {
    const cases: readonly [Fact, Fact | undefined][] = [
      [fact('role', 'app', { password: 'x' }), fact('role', 'app', { password: 'y' })],
      [fact('index', 'i', { valid: true }), undefined],
      [fact('extension', 'citext', { version: '1.5' }), undefined],
      [fact('object', 'function f()', { owner: 'a' }), fact('object', 'function f()', { owner: 'b' })],
      [fact('tablespace', 't', { owner: 'a' }), fact('tablespace', 't', { owner: 'b' })],
      [
        fact('membership', 'm', { grantor: 'a', inherit: true }),
        fact('membership', 'm', { grantor: 'b', inherit: true }),
      ],
    ];
    for (const [expected, actual] of cases) {
      expect(compare([expected], actual === undefined ? [] : [actual]).map((difference) => difference.class)).toEqual([
        'strict',
      ]);
    }
  });
});
