import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diagnosticsText } from '../../../src/render/diagnostics.ts';
import { paint } from '../../../src/render/paint.ts';
import { parseSpec } from '../../../src/spec/parse-spec.ts';
import { fc } from '../../support/properties.ts';

const root = join(import.meta.dirname, '../../..');
const seeds = ['examples', 'test/fixtures/spec'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8')),
);

const snippets = [
  '{',
  '}',
  '[',
  ']',
  ': ',
  '- ',
  '*a',
  '&a ',
  '"',
  "'",
  '|\n',
  '>\n',
  '\n',
  '\t',
  '  ',
  '#',
  '!x ',
  '? ',
  '---\n',
  '...\n',
  '%',
  '~',
  'null',
  '0',
  '__proto__: 1\n',
  '<<: *a\n',
  '\u0000',
  '\u{1F600}',
  '\r\n',
  '\uFEFF',
];

/** A real spec with some places overwritten: most of what comes out is nearly YAML and nearly a spec. */
const mutated = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.array(fc.tuple(fc.nat(), fc.nat(12), fc.oneof(fc.constantFrom(...snippets), fc.string({ maxLength: 8 }))), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([seed, edits]) =>
    edits.reduce((text, [at, remove, insert]) => {
      const start = at % (text.length + 1);
      return text.slice(0, start) + insert + text.slice(start + remove);
    }, seed),
  );

test('any text gives a spec or reasons, never a throw, and every reason can be drawn', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        { weight: 9, arbitrary: mutated },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
      ),
      (text) => {
        const result = parseSpec(text, 'backup.yaml');
        if (result.ok) return;
        expect(result.diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
        const lines = text.split('\n').length;
        for (const { place } of result.diagnostics) {
          if (place === undefined) continue;
          expect(place.line).toBeGreaterThanOrEqual(1);
          expect(place.line).toBeLessThanOrEqual(lines);
          expect(place.column).toBeGreaterThanOrEqual(1);
        }
        expect(diagnosticsText(result.diagnostics, paint(0))).toMatch(/^(error|warning)\[spec\//);
      },
    ),
    { numRuns: 300 },
  );
});

test('a password written as text is never shown, whatever it is and however it is quoted', () => {
  const password = fc
    .string({ unit: fc.constantFrom(...'abcXYZ019!?%&*@#:{}[]\'"-_. '), minLength: 6, maxLength: 20 })
    .map((text) => `Zq${text}qZ`);
  const written = fc.tuple(password, fc.constantFrom('plain', 'single', 'double', 'block')).map(([text, style]) => {
    if (style === 'single') return [text, `'${text.replaceAll("'", "''")}'`] as const;
    if (style === 'double') return [text, JSON.stringify(text)] as const;
    if (style === 'block') return [text, `|\n      ${text}`] as const;
    return [text, text] as const;
  });
  fc.assert(
    fc.property(written, fc.constantFrom('password', 'passwd', 'db_password', 'token'), ([text, yaml], key) => {
      const spec = `version: 1\nservers:\n  main:\n    engine: oracle\n    ${key}: ${yaml}\n    usr: x\ndatabases: {}\n`;
      const result = parseSpec(spec, 'backup.yaml');
      expect(result.ok).toBe(false);
      const all = JSON.stringify(result);
      for (const part of [text, text.slice(0, 6), text.slice(-6)])
        expect(all).not.toContain(JSON.stringify(part).slice(1, -1));
    }),
    { numRuns: 300 },
  );
});
