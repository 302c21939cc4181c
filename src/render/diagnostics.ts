import type { Diagnostic, Excerpt, Place } from '../base/diagnostic.ts';
import { escapeControl } from './neutral.ts';
import type { Paint } from './paint.ts';

/**
 * Diagnostics for people, each with its code frame where it has a place, separated by empty lines. Every block ends with
 * a line end. Secrets are already out of the excerpts; here only control characters are made visible.
 */
export function diagnosticsText(diagnostics: readonly Diagnostic[], paint: Paint): string {
  return diagnostics.map((diagnostic) => block(diagnostic, paint)).join('\n');
}

function block(diagnostic: Diagnostic, paint: Paint): string {
  const { severity, code, summary, subject, place, excerpt, label, help } = diagnostic;
  const about = subject === undefined ? '' : `${subject}: `;
  const lines = [`${paint[severity](`${severity}[${code}]`)}: ${paint.strong(escapeControl(about + summary))}`];
  if (place !== undefined)
    lines.push(...(excerpt ? frame({ place, excerpt, label, severity }, paint) : [pointer(place, paint)]));
  else if (label !== undefined) lines.push(`  ${escapeControl(label)}`);
  if (help !== undefined) lines.push(`  ${paint.info('help')}: ${escapeControl(help)}`);
  return `${lines.join('\n')}\n`;
}

function pointer(place: Place, paint: Paint): string {
  return paint.faint(`  ╰─[${positionOf(place)}]`);
}

function positionOf({ file, line, column }: Place): string {
  return `${escapeControl(file)}:${line}:${column}`;
}

interface Frame extends Pick<Diagnostic, 'severity'> {
  readonly place: Place;
  readonly excerpt: Excerpt;
  readonly label: string | undefined;
}

/** The lines with their numbers, the marked one last, below it the mark and what it means. */
function frame({ place, excerpt, label, severity }: Frame, paint: Paint): readonly string[] {
  const width = String(excerpt.first + excerpt.lines.length - 1).length;
  const gutter = (text: string): string => paint.faint(`${text.padStart(width)} `);
  const bar = paint.faint('│');
  const { column, endColumn } = excerpt.mark ?? place;
  const marked = excerpt.lines[place.line - excerpt.first] ?? '';
  const before = cells(marked.slice(0, column - 1));
  const length = Math.max(1, cells(marked.slice(column - 1, endColumn - 1)));
  const tail = label === undefined ? 0 : Math.floor((length - 1) / 2);

  const lines = [`${gutter('')}${paint.faint(`╭─[${positionOf(place)}]`)}`];
  for (const [index, line] of excerpt.lines.entries()) {
    lines.push(`${gutter(String(excerpt.first + index))}${bar} ${printable(line)}`.trimEnd());
    if (excerpt.first + index !== place.line) continue;
    const underline = label === undefined ? '─'.repeat(length) : `${'─'.repeat(tail)}┬${'─'.repeat(length - tail - 1)}`;
    lines.push(`${gutter('')}${paint.faint('·')} ${' '.repeat(before)}${paint[severity](underline)}`);
    if (label !== undefined) {
      lines.push(
        `${gutter('')}${paint.faint('·')} ${' '.repeat(before + tail)}${paint[severity](`╰ ${escapeControl(label)}`)}`,
      );
    }
  }
  lines.push(`${gutter('')}${paint.faint('╰─')}`);
  return lines;
}

/** A tab takes two cells, so that the mark stays below what it marks on any terminal. */
function printable(line: string): string {
  return escapeControl(line.replaceAll('\t', '  '));
}

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Terminal cells of a text: what East Asian scripts and emoji write takes two (Unicode Standard Annex 11, roughly). */
function cells(text: string): number {
  let count = 0;
  for (const { segment } of segments.segment(printable(text))) count += wide.test(segment) ? 2 : 1;
  return count;
}

const wide =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]/u;
