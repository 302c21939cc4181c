import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { planBackup } from '../../src/plan/plan-backup.ts';
import { planDocument } from '../../src/plan/plan-document.ts';
import { paint } from '../../src/render/paint.ts';
import { planJson } from '../../src/render/plan-json.ts';
import { planMarkdown } from '../../src/render/plan-markdown.ts';
import { objectiveRows } from '../../src/render/plan-objectives.ts';
import { planText } from '../../src/render/plan-text.ts';
import { savedPlanText } from '../../src/render/saved-plan-text.ts';
import {
  backup,
  database,
  days,
  desired,
  noRetention,
  observed,
  policy,
  repository,
  server,
} from '../support/observed.ts';
import { richPlan } from '../support/rich-plan.ts';

const tool = { name: 'holdfast', version: '0.1.0' };
const plain = paint(0);

describe('golden plans', () => {
  test.each([
    ['plan.txt', () => planText(richPlan(), { paint: plain })],
    ['plan-verbose.txt', () => planText(richPlan(), { paint: plain, verbose: true })],
    ['plan.md', () => planMarkdown(richPlan(), { commit: '4f1c2a9', command: 'backup plan' })],
    ['plan.json', () => planJson(richPlan(), tool)],
  ])('%s', async (file, render) => {
    await expect(render()).toMatchFileSnapshot(`golden/${file}`);
  });
});

test('an objective without a backup says so, and one that nobody could look at does not', () => {
  const objective = (state: 'breached' | 'unknown', ageMs: number | null) =>
    objectiveRows([
      {
        address: { server: 'srv', database: 'app' },
        rpo: { objectiveMs: days(1), ageMs, state, after: state },
        rto: null,
        lastDrill: null,
      },
    ])[0]?.[1];
  expect(objective('breached', null)).toBe('rpo BREACH, no backup (1d allowed)');
  expect(objective('unknown', null)).toBe('rpo UNKNOWN (1d allowed)');
  expect(objective('breached', days(2))).toBe('rpo 2d of 1d BREACH');
});

describe('text', () => {
  test('no name of a database can move the cursor, change a colour or begin a line', () => {
    // oxlint-disable-next-line no-control-regex -- these are what must not be there
    expect(planText(richPlan(), { paint: plain, verbose: true })).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F]/);
  });

  test('the legend names only the symbols that are there', () => {
    const plan = planBackup(desired([database('app')]), observed({ servers: [server(['app'])] }));
    expect(planText(plan, { paint: plain })).toContain('Legend: + a backup is taken\n');
  });

  test('nothing to do says so', () => {
    const plan = planBackup(
      desired([database('app')]),
      observed({ servers: [server(['app'])], repositories: [repository([backup('app', days(0.5))])] }),
    );
    expect(planText(plan, { paint: plain })).toContain(
      'No changes: the repository already holds what the spec asks for.\n  1 database unchanged (--verbose)',
    );
    expect(planText(plan, { paint: plain })).toContain('Plan: nothing to do. 1 unchanged.\n');
  });

  test('colour adds nothing but colour', () => {
    // oxlint-disable-next-line no-control-regex -- colours are what is taken away
    const colourless = planText(richPlan(), { paint: paint(1) }).replace(/\u001B\[\d+m/g, '');
    expect(colourless).toBe(planText(richPlan(), { paint: plain }));
  });

  test('a saved plan is shown in full, with a warning', () => {
    const text = savedPlanText(planDocument(richPlan(), tool), plain);
    expect(text).toContain('Kept:');
    expect(text).toMatch(/Warning: this plan was saved; .* since 2026-11-22T09:12:04Z\. Plan [0-9a-f]{12}\.\n$/);
  });
});

describe('Markdown', () => {
  const many = (count: number) => {
    const names = Array.from({ length: count }, (_, index) => `database_with_a_rather_long_name_${index}`);
    const each = policy({ retention: { ...noRetention, last: 1, maxRemovals: 100 } });
    const world = observed({
      servers: [server(names)],
      repositories: [
        repository(names.flatMap((name) => [backup(name, days(0.1)), backup(name, days(5)), backup(name, days(6))])),
      ],
    });
    return planBackup(desired(names.map((name) => database(name, { policy: each }))), world);
  };

  test('every deletion stands in the caution block, outside the fold', () => {
    const text = planMarkdown(richPlan());
    const outside = text.slice(0, text.indexOf('<details>'));
    const removed = richPlan().actions.flatMap((action) => (action.kind === 'expire' ? action.backups : []));
    expect(removed).toHaveLength(3);
    for (const id of removed) expect(outside).toContain(id);
    expect(outside).toContain('> [!CAUTION]');
  });

  test('mentions, comments and fences in names are broken', () => {
    const text = planMarkdown(richPlan());
    expect(text).not.toContain('@everyone');
    expect(text.match(/<!--/g)).toHaveLength(1);
    const fence = /^(`{3,})diff$/m.exec(text)?.[1] ?? '';
    expect(text.split('\n').filter((line) => line === fence)).toHaveLength(1);
  });

  test.each([
    [200, 400, false],
    [400, 600, true],
    [2_000, 100, true],
  ])('%i databases stay below the limit, and what is cut is said', (count, shown, cut) => {
    const text = planMarkdown(many(count));
    expect(text.length).toBeLessThanOrEqual(60_000);
    expect(text).toContain(`${count * 2} to expire`);
    expect(text.match(/expire 2026/g)?.length).toBeGreaterThanOrEqual(shown);
    expect(/… and more: \d+ lines are in the JSON plan only/.test(text)).toBe(cut);
  });
});

describe('JSON', () => {
  test('is valid against schemas/plan.v1 and has every part of the plan', async () => {
    const schema = JSON.parse(await readFile('schemas/plan.v1.schema.json', 'utf8')) as object;
    const validate = new Ajv2020({
      allErrors: true,
      strict: true,
      strictRequired: false,
      allowUnionTypes: true,
    }).compile(schema);
    const document = JSON.parse(planJson(richPlan(), tool)) as Record<string, unknown[]>;
    validate(document);
    expect(validate.errors).toBeNull();
    expect(document['actions']).toHaveLength(richPlan().actions.length);
    expect(document['retention']).toHaveLength(richPlan().retention.length);
    for (const part of ['blocked', 'drift', 'drills', 'objectives', 'findings', 'actions'])
      expect(document[part]?.length).toBeGreaterThan(0);
  });
});
