import type { YAMLError } from 'yaml';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { SpecText } from './spec-text.ts';

/** What the parser found, in our own words: its messages quote the text, and the text may be a secret. */
export function explainYaml(error: YAMLError, { text, source }: { text: string; source: SpecText }): Diagnostic {
  const [start, end] = error.pos;
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^(?:"[^"\n]*"|'[^'\n]*'|[^\s:{}[\],"']+)/.exec(text.slice(start))?.[0] ?? '';
    const range = { start, end: Math.max(end, start + key.length) };
    return source.diagnoseRange(range, {
      severity: 'error',
      code: 'spec/duplicate-key',
      summary: `the key ${source.quote(range) ?? 'in a secret'} appears twice in the same mapping`,
      label: 'already there',
      help: 'YAML would keep only one of the two. Remove one, or give it another name.',
    });
  }
  const [reason, help] = yamlErrors[error.code] ?? ['it cannot be read from here on'];
  // What is missing at the end of the text is shown at the last thing that is there.
  const last = text.trimEnd().length - 1;
  const range = start > last ? { start: Math.max(0, last), end: last + 1 } : { start, end };
  return source.diagnoseRange(range, {
    severity: 'error',
    code: 'spec/syntax',
    summary: `this is not valid YAML: ${reason}`,
    label: 'here',
    ...(help !== undefined && { help }),
  });
}

/** By the parser's code: what is wrong, and what to do about it where that is not plain. */
const yamlErrors: Readonly<Record<string, readonly [summary: string, help?: string]>> = {
  ALIAS_PROPS: ['an alias cannot have an anchor or a tag'],
  BAD_ALIAS: ['an alias has no valid name', 'A text that begins with "*" needs quotes.'],
  BAD_DIRECTIVE: ['a directive is not understood'],
  BAD_DQ_ESCAPE: [
    'an escape in double quotes is not understood',
    'Write "\\\\" for a backslash, or use single quotes.',
  ],
  BAD_INDENT: [
    'the indentation does not fit, or a bracket is not closed',
    'Keys of one mapping begin in the same column.',
  ],
  BAD_PROP_ORDER: ['an anchor or a tag stands in the wrong place'],
  BAD_SCALAR_START: ['a text begins with a reserved character', 'Put the text in quotes.'],
  BLOCK_AS_IMPLICIT_KEY: ['a second ": " follows on the same line', 'A text that holds ": " needs quotes.'],
  BLOCK_IN_FLOW: ['a block stands inside brackets'],
  COMMENT_SPACE: ['a comment needs a space before "#"'],
  IMPOSSIBLE: ['it cannot be read from here on'],
  KEY_OVER_1024_CHARS: ['a key is too long'],
  MISSING_CHAR: ['a colon, a quote or a bracket is missing'],
  MULTILINE_IMPLICIT_KEY: ['a key spreads over several lines', 'Is a ":" missing at the end of the key?'],
  MULTIPLE_ANCHORS: ['a node has two anchors'],
  MULTIPLE_TAGS: ['a node has two tags'],
  TAB_AS_INDENT: ['a tab is used as indentation', 'Indent with spaces.'],
  TAG_RESOLVE_FAILED: ['a tag is not known', 'A text that begins with "!" needs quotes.'],
  UNEXPECTED_TOKEN: ['something stands where it cannot be'],
};
