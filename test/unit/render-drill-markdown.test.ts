import { describe, expect, test } from 'vitest';
import { drillMarkdown } from '../../src/render/drill-markdown.ts';
import { OperationError } from '../../src/base/operation-error.ts';
import { drillNotRunMarkdown } from '../../src/render/drill-not-run.ts';
import { emptyDrill, failedDrill, passedDrill, unrestorableDrill } from '../support/drill-reports.ts';

describe('the evidence of a drill for a comment or a ticket', () => {
  test.each([
    ['passed', passedDrill],
    ['failed', failedDrill],
    ['unrestorable', unrestorableDrill],
    ['nothing-checked', emptyDrill],
  ])('%s', async (name, report) => {
    await expect(drillMarkdown(report)).toMatchFileSnapshot(`golden/evidence-drill-${name}.md`);
  });

  test('one that did not run says why, under the marker of its drill', () => {
    const address = { server: 'wfdb02', database: 'botpress_db' };
    const error = new OperationError('target/unavailable', 'no container for @ops <b>now</b>', { hint: 'Start it.' });
    const text = drillNotRunMarkdown({ address, error });
    const [marker, , heading, , reason, , hint] = text.split('\n');
    // The comment of the drill before is rewritten: the same address has the same marker.
    expect(marker).toBe(drillMarkdown(passedDrill).split('\n')[0]);
    expect(heading).toMatch(/^### ❌ NOT RUN: drill of wfdb02\/botpress/);
    expect(reason).toMatch(/^\*\*no container for .*\*\* \[target\/unavailable\]$/);
    expect(reason).not.toMatch(/@ops|<b>/);
    expect(hint).toBe('Start it.');
    expect(text).not.toContain('PASSED');
    expect(drillNotRunMarkdown({ address, error: new OperationError('restore/no-backup', 'none') })).toMatch(
      /\[restore\/no-backup\]\n$/,
    );
  });

  test('names cannot open a comment, mention anyone, end a cell or a line', () => {
    const text = drillMarkdown(failedDrill);
    expect(text.match(/<!--/g)).toHaveLength(1);
    expect(text).not.toMatch(/@\w/);
    for (const line of text.split('\n').filter((one) => one.startsWith('|'))) {
      const cells = line.replaceAll(/\\./g, '').split('|').length;
      expect([4, 5, 6, 7]).toContain(cells);
    }
  });

  test('the marker holds against an address that tries to close it', () => {
    const [marker] = drillMarkdown({ ...passedDrill, address: { server: '-->', database: '--!><script>' } }).split(
      '\n',
    );
    expect(marker).toMatch(/^<!-- holdfast:drill [\w%.!~*'()]+ -->$/);
    expect(marker?.slice(4, -3)).not.toContain('--');
  });

  test('stays below what GitHub takes: first what is no failure goes, then the tail, and it says so', () => {
    const [first] = failedDrill.checks.filter((check) => check.state === 'failed');
    const [strict, , other] = failedDrill.differences;
    if (first === undefined || strict === undefined || other === undefined) throw new Error('the fixture is too small');
    const many = Array.from({ length: 3_000 }, (_, n) => n);
    const someFailures = drillMarkdown({
      ...failedDrill,
      differences: [
        ...many.slice(0, 200).map((n) => ({ ...strict, name: `grant ${n};` })),
        ...many.map((n) => ({ ...other, name: `${'view'.repeat(60)} ${n};` })),
      ],
    });
    expect(someFailures.length).toBeLessThanOrEqual(60_000);
    expect(someFailures).toContain('grant 199;');
    expect(someFailures).toContain('… and 3000 more, all in the JSON evidence.');

    const hostile = drillMarkdown({
      ...failedDrill,
      checks: many.map((n) => ({ ...first, name: `<${n}>`.repeat(500) })),
      differences: many.map((n) => ({ ...strict, name: `<${n}>`.repeat(500) })),
      notes: many.map((n) => `note ${n} ${'&'.repeat(500)}`),
    });
    expect(hostile.length).toBeLessThanOrEqual(60_000);
    expect(hostile).toContain('**Failed checks (3000)**');
    expect(hostile).toContain('FAILED');
  });
});
