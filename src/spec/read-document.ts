import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type Node,
} from 'yaml';
import type { Diagnostic } from '../base/diagnostic.ts';
import { explainYaml } from './explain-yaml.ts';
import { specText, type SpecText } from './spec-text.ts';
import type { TextRange } from './secret-ranges.ts';

/** `data` is plain JavaScript, or undefined where the text is no single, whole YAML document; then `diagnostics` say why. */
export interface ReadDocument {
  readonly source: SpecText;
  readonly data: unknown;
  readonly diagnostics: readonly Diagnostic[];
}

const maxCharacters = 1_000_000;
const maxDepth = 50;

/**
 * YAML text to data, with every complaint at its place. Own sentences throughout: the parser's messages quote the text,
 * and the text may be a secret.
 */
export function readDocument(text: string, file: string): ReadDocument {
  const lines = new LineCounter();
  if (text.length > maxCharacters)
    return refused(text.slice(0, 200), file, `the spec ${file} is larger than a megabyte`);
  if (tooDeep(text)) return refused(text, file, `the spec ${file} is nested more than ${maxDepth} levels deep`);
  const documents = parseAllDocuments(text, { lineCounter: lines, logLevel: 'silent', prettyErrors: false });
  const document = Array.isArray(documents) ? documents[0] : undefined;
  if (document === undefined || (document.errors.length === 0 && isNothing(document.contents)))
    return empty(file, text, lines);

  const source = specText({ file, text, document, lines });
  const diagnostics = documents
    .flatMap((each) => [...each.errors, ...each.warnings])
    .map((error) => explainYaml(error, { text, source }));
  const second = documents[1];
  if (second !== undefined) diagnostics.push(severalDocuments(second, source));
  diagnostics.push(...aliasesAndKeys(document, source));
  if (diagnostics.length > 0) return { source, data: undefined, diagnostics };
  try {
    return { source, data: document.toJS({ maxAliasCount: 100 }), diagnostics };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { source, data: undefined, diagnostics: [aliasLimit(document, source)] };
  }
}

function severalDocuments(second: Document, source: SpecText): Diagnostic {
  const start = second.range?.[0] ?? 0;
  return source.diagnoseRange(
    { start, end: start + 3 },
    {
      severity: 'error',
      code: 'spec/several-documents',
      summary: 'the spec holds more than one YAML document',
      label: 'a second document begins here',
      help: 'Remove the line "---", or keep the documents in files of their own.',
    },
  );
}

/** What the parser lets pass and toJS() would throw or warn about. */
function aliasesAndKeys(document: Document, source: SpecText): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const report = (node: Node, summary: string, label: string): void => {
    found.push(
      source.diagnoseRange(rangeOf(node), {
        severity: 'error',
        code: 'spec/syntax',
        summary: `this is not valid YAML: ${summary}`,
        label,
      }),
    );
  };
  visit(document, {
    Alias(_, node, parents) {
      const meant = node.resolve(document);
      if (meant === undefined) report(node, 'an alias names no anchor before it', 'no such anchor');
      else if (parents.includes(meant)) report(node, 'an alias stands for what it is part of', 'refers to itself');
    },
    Map(_, map) {
      for (const { key } of map.items)
        if (isNode(key) && !isScalar(key)) report(key, 'a key must be a plain text', 'this is a key');
    },
  });
  return found;
}

function aliasLimit(document: Document, source: SpecText): Diagnostic {
  let first: Node | undefined;
  visit(document, {
    Alias(_, node) {
      first = node;
      return visit.BREAK;
    },
  });
  return source.diagnoseRange(first ? rangeOf(first) : { start: 0, end: 1 }, {
    severity: 'error',
    code: 'spec/alias-limit',
    summary: 'the aliases of the spec expand to too many nodes',
    label: 'the first alias',
    help: 'Use `defaults` and `policies` for what databases have in common.',
  });
}

/** Nested brackets cost the parser a stack frame each; indentation of 1,000 columns is as deep. */
function tooDeep(text: string): boolean {
  let open = 0;
  for (const character of text) {
    if (character === '[' || character === '{') open += 1;
    else if (character === ']' || character === '}') open = Math.max(0, open - 1);
    if (open > maxDepth) return true;
  }
  return /^(?: {1000}|[-?: ]*(?:[-?] ?){50})/m.test(text);
}

function isNothing(contents: unknown): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && !isAlias(contents) && !isMap(contents));
}

function rangeOf(node: Node): TextRange {
  return { start: node.range?.[0] ?? 0, end: node.range?.[1] ?? 0 };
}

function empty(file: string, text: string, lines: LineCounter): ReadDocument {
  const document = parseAllDocuments('{}')[0];
  if (document === undefined) throw new TypeError('yaml parsed {} to nothing');
  const diagnostic: Diagnostic = {
    severity: 'error',
    code: 'spec/empty',
    summary: `the spec ${file} is empty`,
    help: 'README.md and examples/ show how to write one.',
  };
  return { source: specText({ file, text, document, lines }), data: undefined, diagnostics: [diagnostic] };
}

function refused(text: string, file: string, summary: string): ReadDocument {
  const { source } = empty(file, text, new LineCounter());
  return { source, data: undefined, diagnostics: [{ severity: 'error', code: 'spec/syntax', summary }] };
}
