import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { fitted } from '../../src/render/fitted.ts';
import { fc } from '../support/properties.ts';

const wordsOf = (text: string): readonly string[] => stripVTControlCharacters(text).split(/\s+/).filter(Boolean);

test('what fits stays as it is', () => {
  const text = '  label    short\n\n✓ done  x\n';
  expect(fitted(text, 40)).toBe(text);
});

test('a long line goes on below its second column', () => {
  expect(fitted('  backup    snapshot of yesterday, 24 tables, 351,748 rows', 34)).toBe(
    '  backup    snapshot of yesterday,\n            24 tables, 351,748\n            rows',
  );
});

test('a label that is too wide only indents', () => {
  expect(fitted('a label of many words indeed  and its text', 30)).toBe(
    'a label of many words indeed\n    and its text',
  );
});

test('a word longer than the line is not broken: it may be copied', () => {
  expect(fitted('see https://example.org/a/very/long/path now', 20)).toBe(
    'see https://example.org/a/very/long/path\n    now',
  );
});

test('colours take no room and are all kept', () => {
  const red = '\u001b[31m✗ FAILED\u001b[39m  one two three four';
  expect(stripVTControlCharacters(fitted(red, 20))).toBe('✗ FAILED  one two\n          three four');
  expect(fitted(red, 20)).toContain('\u001b[31m✗ FAILED\u001b[39m');
});

test('no word is lost or changed, and no line is longer than it has to be', () => {
  const word = fc.stringMatching(/^[a-z,.]{1,12}$/);
  const line = fc.array(fc.tuple(word, fc.constantFrom(' ', '  ', ' \u001b[1m', '\u001b[22m ')), {
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(line, fc.integer({ min: 30, max: 90 }), (parts, columns) => {
      const text = parts.flat().join('');
      const result = fitted(text, columns);
      expect(wordsOf(result)).toEqual(wordsOf(text));
      for (const one of result.split('\n'))
        expect(stripVTControlCharacters(one).trimEnd().length).toBeLessThanOrEqual(columns);
    }),
  );
});
