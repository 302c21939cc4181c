import { describe, expect, test } from 'vitest';
import {
  escapeControl,
  fenceFor,
  neutraliseFenced,
  neutraliseMarkdown,
  neutraliseWorkflowCommand,
} from '../../src/render/neutral.ts';
import { fc } from '../support/properties.ts';

// oxlint-disable-next-line no-control-regex -- these are what is looked for
const dangerous = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\uD800-\uDFFF]/u;

describe('text from strangers', () => {
  test('keeps ordinary names as they are', () => {
    for (const name of ['botpress_db', 'My "DB" ü', '数据库', "o'hare", 'a.b-c', '🐘'])
      expect(escapeControl(name)).toBe(name);
  });

  test('shows what would act', () => {
    expect(escapeControl('a\nb\tc\u001b[2Jd\u202ee\u0085')).toBe('a\\nb\\tc\\x1b[2Jd\\u{202e}e\\x85');
  });

  test('never lets anything through that moves a cursor or ends a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeControl(text)).not.toMatch(dangerous);
        expect(neutraliseWorkflowCommand(text)).not.toMatch(/^\s*(::|##\[)/);
        const markdown = neutraliseMarkdown(text);
        expect(markdown).not.toMatch(/[<>]|@\w|(?<!\\)(?:\\\\)*[|`*_[\]]/);
      }),
    );
  });

  test('a list item or a cell stays text', () => {
    expect(neutraliseMarkdown('# x')).toBe('\\# x');
    expect(neutraliseMarkdown('1. x')).toBe('1\\. x');
    expect(neutraliseMarkdown('<!-- a --> @team #12 https://evil')).toBe(
      '&lt;!-- a --&gt; @\u200bteam #\u200b12 https:\u200b//evil',
    );
  });

  test('a fence is longer than any run of backticks in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('`', '\n', 'a') }), (content) => {
        const fence = fenceFor(content);
        expect(fence.length).toBeGreaterThanOrEqual(3);
        expect(content).not.toContain(fence);
      }),
    );
  });

  test('in a fence the lines stay, marker and mention do not', () => {
    expect(neutraliseFenced('+ a <!-- holdfast -->\n- @team\u001b')).toBe(
      '+ a <!\u200b-- holdfast -->\n- @\u200bteam\\x1b',
    );
  });
});
