import type { LineCounter } from 'yaml';
import { isAlias, isMap, isNode, isSeq, type Document, type Node } from 'yaml';
import type { Diagnostic, Excerpt, Place } from '../base/diagnostic.ts';
import { keyText, secretRanges, type TextRange } from './secret-ranges.ts';

/** Keys and indexes from the top of the spec to a node. */
export type SpecPath = readonly string[];

/** A complaint about the node at `path`: about its key (`key`) or about what stands there (`value`). */
export interface Complaint extends Omit<Diagnostic, 'place' | 'excerpt' | 'subject'> {
  readonly path: SpecPath;
  readonly at: 'key' | 'value';
}

/** The spec as text: where everything stands and what of it may be shown. */
export interface SpecText {
  readonly keyPlace: (path: SpecPath) => Place;
  readonly diagnose: (complaint: Complaint) => Diagnostic;
  readonly diagnoseRange: (range: TextRange, diagnostic: Omit<Diagnostic, 'place' | 'excerpt'>) => Diagnostic;
  /** Whether nothing of the key or the value at a path is secret, also where it is an alias of something that is. */
  readonly mayShow: (path: SpecPath, at: 'key' | 'value') => boolean;
  /** The text itself in quotes, shortened; undefined where any of it may be secret. */
  readonly quote: (range: TextRange) => string | undefined;
}

/** `document` must have been parsed from exactly this `text` with this `lines`. */
export function specText(o: { file: string; text: string; document: Document; lines: LineCounter }): SpecText {
  const sourceLines = o.text.split(/\r?\n/);
  const secrets = secretRanges(o.text, o.document);
  const shown = sourceLines.map((line, index) => maskLine(line, o.lines.lineStarts[index] ?? 0, secrets));

  const isSecret = (range: TextRange): boolean =>
    secrets.some((secret) => secret.start < range.end && range.start < secret.end);

  const placeOf = (range: TextRange): Place => {
    const start = o.lines.linePos(Math.min(range.start, o.text.length));
    const end = o.lines.linePos(Math.min(range.end, o.text.length));
    const line = Math.max(1, start.line);
    const column = Math.max(1, start.col);
    const lineEnd = (sourceLines[line - 1] ?? '').length + 1;
    const endColumn = end.line === line ? end.col : lineEnd;
    return { file: o.file, line, column, endColumn: Math.max(column + 1, endColumn) };
  };

  const excerptOf = (place: Place): Excerpt => {
    const first = Math.max(1, place.line - 1);
    const current = shown[place.line - 1];
    const mark = { column: current?.column(place.column) ?? 1, endColumn: current?.column(place.endColumn) ?? 2 };
    return {
      first,
      lines: shown.slice(first - 1, place.line).map((line) => line.text),
      mark: { column: mark.column, endColumn: Math.max(mark.column + 1, mark.endColumn) },
    };
  };

  const keyRange = (path: SpecPath): TextRange | undefined => {
    const key = findKey(o.document, path);
    return key?.range ? { start: key.range[0], end: key.range[1] } : undefined;
  };

  /** The nearest range that exists: the node's own, else its key's, else those of what it stands in. */
  const rangeOf = (path: SpecPath, at: 'key' | 'value'): TextRange => {
    const value = findValue(o.document, path);
    if (at === 'value' && value?.range && value.range[1] > value.range[0])
      return { start: value.range[0], end: value.range[1] };
    const own = keyRange(path);
    if (own) return own;
    if (path.length === 0) return topOf(o.document);
    if (value?.range && value.range[1] > value.range[0]) return { start: value.range[0], end: value.range[1] };
    return rangeOf(path.slice(0, -1), 'key');
  };

  const diagnoseRange: SpecText['diagnoseRange'] = (range, diagnostic) => {
    const place = placeOf(range);
    return { ...diagnostic, place, excerpt: excerptOf(place) };
  };

  return {
    keyPlace: (path) => placeOf(rangeOf(path, 'key')),
    diagnose: ({ path, at, ...rest }) => diagnoseRange(rangeOf(path, at), rest),
    diagnoseRange,
    mayShow(path, at) {
      const value = at === 'key' ? findKey(o.document, path) : findValue(o.document, path);
      const meant = isAlias(value) ? value.resolve(o.document) : value;
      return !meant?.range || !isSecret({ start: meant.range[0], end: meant.range[1] });
    },
    quote(range) {
      if (isSecret(range)) return undefined;
      const text = o.text.slice(range.start, range.end);
      return `"${text.length > 60 ? `${text.slice(0, 57)}…` : text}"`;
    },
  };
}

function findValue(document: Document, path: SpecPath): Node | undefined {
  let node: unknown = document.contents;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isSeq(node)) node = node.items[Number(part)];
    else if (isMap(node)) node = node.items.find((pair) => keyText(pair.key) === part)?.value;
    else return undefined;
  }
  return isNode(node) ? node : undefined;
}

function findKey(document: Document, path: SpecPath): Node | undefined {
  if (path.length === 0) return undefined;
  let parent: unknown = findValue(document, path.slice(0, -1));
  if (isAlias(parent)) parent = parent.resolve(document);
  if (!isMap(parent)) return undefined;
  const key = parent.items.find((pair) => keyText(pair.key) === path.at(-1))?.key;
  return isNode(key) ? key : undefined;
}

/** What concerns the whole document stands at its first key. */
function topOf(document: Document): TextRange {
  const contents = document.contents;
  const first = isMap(contents) ? contents.items[0]?.key : contents;
  return isNode(first) && first.range ? { start: first.range[0], end: first.range[1] } : { start: 0, end: 0 };
}

interface MaskedLine {
  readonly text: string;
  /** Where a column of the source stands in `text`. */
  column(source: number): number;
}

/** Always the same number of stars: not even the length of a secret is shown. */
const stars = '******';

function maskLine(line: string, lineStart: number, secrets: readonly TextRange[]): MaskedLine {
  const indent = line.length - line.trimStart().length;
  const cuts = secrets
    .map(({ start, end }) => ({
      start: Math.max(indent, start - lineStart),
      end: Math.min(line.length, end - lineStart),
    }))
    .filter((cut) => cut.end > cut.start)
    .sort((a, b) => a.start - b.start || b.end - a.end);
  let text = '';
  let done = 0;
  const shifts: { readonly start: number; readonly end: number; readonly at: number }[] = [];
  for (const cut of cuts) {
    if (cut.end <= done) continue;
    const start = Math.max(cut.start, done);
    text += line.slice(done, start);
    shifts.push({ start, end: cut.end, at: text.length });
    text += stars;
    done = cut.end;
  }
  text += line.slice(done);
  return {
    text,
    column(source) {
      const offset = source - 1;
      const shift = shifts.findLast((candidate) => candidate.start <= offset);
      if (shift === undefined) return source;
      if (offset === shift.start) return shift.at + 1;
      const after = shift.at + stars.length;
      return offset < shift.end ? after + 1 : after + 1 + (offset - shift.end);
    },
  };
}
