import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { Diagnostic } from '../../src/base/diagnostic.ts';
import { diagnosticsGithub } from '../../src/render/diagnostics-github.ts';
import { diagnosticsJson } from '../../src/render/diagnostics-json.ts';
import { diagnosticsText } from '../../src/render/diagnostics.ts';
import { paint } from '../../src/render/paint.ts';

const typo: Diagnostic = {
  severity: 'error',
  code: 'spec/unknown-property',
  summary: 'unknown property "retension"',
  label: 'not allowed in databases.botpress_db',
  help: 'did you mean "retention"?',
  place: { file: 'backup.yaml', line: 5, column: 5, endColumn: 14 },
  excerpt: { first: 4, lines: ['    server: wfdb02', '    retension:'] },
};

const world: Diagnostic = {
  severity: 'warning',
  code: 'server/unreachable',
  subject: 'wfdb02',
  summary: 'connection refused',
  help: 'Start it.',
};

test('a place is framed', () => {
  expect(diagnosticsText([typo], paint(0))).toBe(`error[spec/unknown-property]: unknown property "retension"
  ╭─[backup.yaml:5:5]
4 │     server: wfdb02
5 │     retension:
  ·     ────┬────
  ·         ╰ not allowed in databases.botpress_db
  ╰─
  help: did you mean "retention"?
`);
});

test('what has no place is told with its subject; a place without an excerpt is named', () => {
  const { excerpt: _excerpt, ...bare } = typo;
  expect(diagnosticsText([world, bare], paint(0))).toBe(`warning[server/unreachable]: wfdb02: connection refused
  help: Start it.

error[spec/unknown-property]: unknown property "retension"
  ╰─[backup.yaml:5:5]
  help: did you mean "retention"?
`);
});

test('colour changes no letter', () => {
  const coloured = diagnosticsText([typo, world], paint(3));
  expect(coloured).not.toBe(stripVTControlCharacters(coloured));
  expect(stripVTControlCharacters(coloured)).toBe(diagnosticsText([typo, world], paint(0)));
});

test('the mark stands below wide characters and tabs, and control characters are shown as what they are', () => {
  const line = '\t日本: { x: 1 } \u001B[31m';
  const diagnostic: Diagnostic = {
    ...typo,
    label: 'x',
    place: { file: 'a', line: 1, column: 8, endColumn: 9 },
    excerpt: { first: 1, lines: [line] },
  };
  expect(diagnosticsText([diagnostic], paint(0)).split('\n').slice(1, 5)).toEqual([
    '  ╭─[a:1:8]',
    '1 │   日本: { x: 1 } \\x1b[31m',
    '  ·           ┬',
    '  ·           ╰ x',
  ]);
});

test('an excerpt may say where the place has moved to', () => {
  const diagnostic: Diagnostic = {
    ...typo,
    label: 'here',
    place: { file: 'a', line: 1, column: 30, endColumn: 33 },
    excerpt: { first: 1, lines: ['password: ******, abc: 1'], mark: { column: 19, endColumn: 22 } },
  };
  expect(diagnosticsText([diagnostic], paint(0))).toContain(`\n  · ${' '.repeat(18)}─┬─\n`);
});

test('GitHub gets one escaped annotation a line', () => {
  const nasty: Diagnostic = {
    ...world,
    severity: 'info',
    summary: '100%\n::error::x',
    place: { file: './a,b:c.yaml', line: 1, column: 2, endColumn: 3 },
  };
  expect(diagnosticsGithub([typo, nasty])).toBe(
    '::error file=backup.yaml,line=5,col=5,endLine=5,endColumn=14,title=spec/unknown-property::unknown property "retension" (not allowed in databases.botpress_db)%0Adid you mean "retention"?\n' +
      '::notice file=a%2Cb%3Ac.yaml,line=1,col=2,endLine=1,endColumn=3,title=server/unreachable::wfdb02: 100%25\\n::error::x%0AStart it.\n',
  );
});

test('JSON has everything but the drawing', () => {
  const { excerpt: _excerpt, ...rest } = typo;
  expect(diagnosticsJson([typo, world])).toEqual([rest, world]);
});
