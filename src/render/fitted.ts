/**
 * Text for a terminal of this many columns: lines that are too long are broken between words, and go on below the line's
 * second column (`label  text`) or a little indented. Lines that fit, and words longer than a line, stay as they are.
 */
export function fitted(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => (widthOf(line) <= columns ? line : broken(line, columns)))
    .join('\n');
}

// oxlint-disable-next-line no-control-regex -- colours take no room
const colour = /\u001b\[[\d;]*m/g;
const widthOf = (text: string): number => [...text.replace(colour, '')].length;
/** A label wider than this leaves too little room beside it. */
const widestLabel = 16;

function hangingIndent(line: string): number {
  const plain = line.replace(colour, '');
  const label = /^ *\S+(?: \S+)* {2,}/.exec(plain)?.[0].length ?? Infinity;
  const indent = /^ */.exec(plain)?.[0].length ?? 0;
  return label <= indent + widestLabel ? label : indent + 4;
}

function broken(line: string, columns: number): string {
  const indent = Math.min(hangingIndent(line), Math.floor(columns / 2));
  let done = '';
  let width = 0;
  let gap = '';
  // oxlint-disable-next-line no-control-regex -- as above
  for (const [part] of line.matchAll(/(?:\u001b\[[\d;]*m)+| +|[^ \u001b]+/g)) {
    if (part.startsWith('\u001b')) {
      done += gap + part;
      width += gap.length;
      gap = '';
    } else if (part.startsWith(' ')) gap += part;
    else if (width > indent && width + gap.length + widthOf(part) > columns) {
      done = `${done.trimEnd()}\n${' '.repeat(indent)}${part}`;
      width = indent + widthOf(part);
      gap = '';
    } else {
      done += gap + part;
      width += gap.length + widthOf(part);
      gap = '';
    }
  }
  return done;
}
