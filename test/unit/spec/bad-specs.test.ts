import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diagnosticsGithub } from '../../../src/render/diagnostics-github.ts';
import { diagnosticsJson } from '../../../src/render/diagnostics-json.ts';
import { diagnosticsText } from '../../../src/render/diagnostics.ts';
import { paint } from '../../../src/render/paint.ts';
import { missingSpec } from '../../../src/spec/missing-spec.ts';
import { parseSpec } from '../../../src/spec/parse-spec.ts';

const folder = join(import.meta.dirname, '../../fixtures/spec');
const specs = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

/** The password of every fixture. */
const secret = 'hunter2';

test.each(specs)('%s is refused with exactly these words', async (name) => {
  const result = parseSpec(readFileSync(join(folder, name), 'utf8'), name);
  expect(result.ok).toBe(false);
  if (result.ok) return;
  await expect(diagnosticsText(result.diagnostics, paint(0))).toMatchFileSnapshot(
    join(folder, name.replace('.yaml', '.txt')),
  );
});

test.each(specs)('%s gives away no secret in any format', (name) => {
  const result = parseSpec(readFileSync(join(folder, name), 'utf8'), name);
  if (result.ok) throw new Error('the fixture is valid');
  expect(diagnosticsText(result.diagnostics, paint(1))).not.toContain(secret);
  expect(JSON.stringify(diagnosticsJson(result.diagnostics))).not.toContain(secret);
  expect(diagnosticsGithub(result.diagnostics)).not.toContain(secret);
  expect(JSON.stringify(result.diagnostics)).not.toContain(secret);
});

test.each(specs)('%s: every diagnostic of a non-empty spec has a place in the file', (name) => {
  const text = readFileSync(join(folder, name), 'utf8');
  const result = parseSpec(text, name);
  if (result.ok) throw new Error('the fixture is valid');
  if (name === 'empty.yaml' || name === 'too-deep.yaml') return;
  const lines = text.split(/\r?\n/);
  for (const { place } of result.diagnostics) {
    expect(place?.file).toBe(name);
    expect(place?.line).toBeLessThanOrEqual(lines.length);
    expect(place?.endColumn).toBeGreaterThan(place?.column ?? Infinity);
  }
});

test('a spec that is not there names the file and the way to write one', () => {
  expect(diagnosticsText([missingSpec('ops/backup.yaml')], paint(0))).toBe(
    'error[spec/not-found]: there is no spec at ops/backup.yaml\n' +
      '  help: Write one (README.md and examples/ show how), or name another file with --spec.\n',
  );
});
