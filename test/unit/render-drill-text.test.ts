import { describe, expect, test } from 'vitest';
import { drillText } from '../../src/render/drill-text.ts';
import { paint } from '../../src/render/paint.ts';
import { emptyDrill, failedDrill, passedDrill, unrestorableDrill } from '../support/drill-reports.ts';

const plain = paint(0);

describe('what an operator reads of a drill', () => {
  test.each([
    ['passed', passedDrill],
    ['failed', failedDrill],
    ['unrestorable', unrestorableDrill],
    ['nothing-checked', emptyDrill],
  ])('%s', async (name, report) => {
    await expect(drillText(report, plain)).toMatchFileSnapshot(`golden/evidence-drill-${name}.txt`);
  });

  test('a drill that checked nothing is FAILED, whatever its report claims', () => {
    expect(drillText(emptyDrill, plain)).toMatch(/^✗ FAILED .*\n {2}no check ran/);
    expect(drillText({ ...emptyDrill, checks: [] }, plain)).toMatch(/^✗ FAILED/);
  });

  test('no name reaches the terminal with a control character', () => {
    // oxlint-disable-next-line no-control-regex -- these are what is looked for
    expect(drillText(failedDrill, plain).replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  test('every failure and every strict difference is named, however many there are', () => {
    const [first] = failedDrill.checks.filter((check) => check.state === 'failed');
    const [strict] = failedDrill.differences;
    if (first === undefined || strict === undefined) throw new Error('the fixture has no failure');
    const many = Array.from({ length: 500 }, (_, n) => n);
    const text = drillText(
      {
        ...failedDrill,
        checks: many.map((n) => ({ ...first, name: `table ${n};` })),
        differences: many.map((n) => ({ ...strict, name: `grant ${n};` })),
      },
      plain,
    );
    for (const n of many) {
      expect(text).toContain(`table ${n};`);
      expect(text).toContain(`grant ${n};`);
    }
  });

  test('a long value is cut and says so', () => {
    const [strict] = failedDrill.differences;
    if (strict === undefined) throw new Error('the fixture has no difference');
    const text = drillText({ ...failedDrill, differences: [{ ...strict, expected: 'x'.repeat(5_000) }] }, plain);
    expect(text).toContain('… (5000 characters, all in the JSON evidence)');
    expect(text.length).toBeLessThan(5_000);
  });
});
