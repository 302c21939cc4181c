/**
 * Text on a terminal: names in a database are chosen by strangers, so nothing in them may move the cursor, change a
 * colour, end a line or turn the reading direction (Unicode Technical Report 36, "Bidirectional Text Spoofing").
 * Everything else stays as it is. The result is always one line.
 */
export function escapeControl(text: string): string {
  return text.toWellFormed().replace(unprintable, escapeCharacter);
}

/**
 * The same for prose in Markdown (table cells, list items, headings): also no mark-up, no HTML or comment, no mention,
 * no issue reference, no link. Not for code spans and fences, where an escape would be shown as it stands.
 */
export function neutraliseMarkdown(text: string): string {
  return escapeControl(text)
    .replace(/[\\`*_[\]|~$]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/@/g, `@${apart}`)
    .replace(/#(?=\d)/g, `#${apart}`)
    .replace(/:\/\//g, `:${apart}//`)
    .replace(/www\./gi, (found) => `${found.slice(0, 3)}${apart}.`)
    .replace(/^(\s*)([#+=-])/, '$1\\$2')
    .replace(/^(\s*\d+)([.)])/, '$1\\$2');
}

/**
 * The same for the lines inside a fence made by `fenceFor`: line ends stay. Comments and mentions are broken there too,
 * because bots that look for their marker or for mentions often search the raw text.
 */
export function neutraliseFenced(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) =>
      escapeControl(line)
        .replace(/<!--/g, `<!${apart}--`)
        .replace(/@(?=\w)/g, `@${apart}`),
    )
    .join('\n');
}

/** A fence of backticks that no line of the content can close (CommonMark 0.31, section 4.5). */
export function fenceFor(content: string): string {
  let longest = 2;
  for (const [run] of content.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return '`'.repeat(longest + 1);
}

/** A workflow command of GitHub Actions starts with `::` or `##[` at the start of a line; this text never does. */
export function neutraliseWorkflowCommand(line: string): string {
  return escapeControl(line).replace(/^(\s*)(::|##\[)/, `$1${apart}$2`);
}

const apart = '\u200B';

// C0, DEL, C1; line and paragraph separators; marks, embeddings, overrides and isolates of direction; invisible joiners,
// tags and interlinear marks, which make two names look like one.
const unprintable =
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  /[\u0000-\u001F\u007F-\u009F\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]/gu;

function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  const code = character.codePointAt(0) ?? 0;
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
