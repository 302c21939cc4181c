import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { drillJson, drillsJson } from '../../src/render/drill-json.ts';
import { emptyDrill, failedDrill, passedDrill, unrestorableDrill } from '../support/drill-reports.ts';

const schema = JSON.parse(
  await readFile(new URL('../../schemas/drill.v1.schema.json', import.meta.url), 'utf8'),
) as object;
const validate = new Ajv2020({ allErrors: true }).compile(schema);

describe('the evidence of a drill as JSON', () => {
  test.each([
    ['passed', passedDrill],
    ['failed', failedDrill],
    ['unrestorable', unrestorableDrill],
    ['nothing checked', emptyDrill],
  ])('keeps schemas/drill.v1 and is the report itself: %s', (_name, report) => {
    const document: unknown = JSON.parse(drillJson(report));
    expect(validate(document) ? [] : validate.errors).toEqual([]);
    expect(document).toEqual(report);
  });

  test('the schema is no rubber stamp', () => {
    expect(validate({ ...passedDrill, verdict: 'fine' })).toBe(false);
    const { checks: _, ...without } = passedDrill;
    expect(validate(without)).toBe(false);
  });

  test('several drills are one document that ends with the exit code', () => {
    const document = JSON.parse(drillsJson({ reports: [passedDrill, failedDrill] }, 26)) as Record<string, unknown>;
    expect(document).toMatchObject({ kind: 'holdfast.drills', summary: { passed: 1, failed: 1 }, exit: 26 });
    expect(Object.keys(document).at(-1)).toBe('exit');
  });
});
