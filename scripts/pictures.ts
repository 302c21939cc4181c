import { writeFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { escapeXml } from '../src/render/xml.ts';

/**
 * Draws what a command printed in colour as a self-contained SVG, for README.md:
 *
 *     npm run --silent backup -- plan --color always | node scripts/pictures.ts docs/images/plan.svg 'backup plan'
 *
 * Every run of characters has its own place and length, so columns stay in line whatever font the reader has. Light or dark
 * follows the reader's system; the picture brings its own background, so it is readable on any page.
 */
const [path, command] = process.argv.slice(2);
if (path === undefined || command === undefined) throw new Error('usage: pictures.ts FILE.svg COMMAND <output');

const cellWidth = 8.4;
const lineHeight = 20;
const margin = 20;
const titleHeight = 34;

interface Run {
  readonly column: number;
  readonly text: string;
  readonly classes: readonly string[];
}

const colours: Readonly<Record<string, string>> = { 31: 'r', 32: 'g', 33: 'y', 36: 'c' };
/** What "Select Graphic Rendition" switches on and off (ECMA-48, section 8.3.117), as far as src/render/paint.ts uses it. */
const off: Readonly<Record<string, readonly string[]>> = { 22: ['b', 'd'], 24: ['u'], 39: Object.values(colours) };
const on: Readonly<Record<string, string>> = { 1: 'b', 2: 'd', 4: 'u', ...colours };

/** What is switched on goes on in the next line. */
let classes: readonly string[] = [];

function runsOf(line: string): readonly Run[] {
  const runs: Run[] = [];
  let column = 0;
  // oxlint-disable-next-line no-control-regex -- escape sequences are what is read
  for (const [index, part] of line.split(/\u001b\[([\d;]*)m/).entries()) {
    if (index % 2 === 1) {
      for (const code of part.split(';')) {
        const added = on[code];
        if (added !== undefined) classes = [...classes, added];
        else classes = code === '0' || code === '' ? [] : classes.filter((name) => !(off[code] ?? []).includes(name));
      }
      continue;
    }
    // Words apart by more than one space are placed apart: trailing and inner spaces never depend on the reader's font.
    for (const word of part.matchAll(/\S+(?: \S+)*/g))
      runs.push({ column: column + lengthOf(part.slice(0, word.index)), text: word[0], classes });
    column += lengthOf(part);
  }
  return runs;
}

function drawn({ column, text, classes }: Run, y: number): string {
  const place = `x="${round(margin + column * cellWidth)}" y="${y}" textLength="${round(lengthOf(text) * cellWidth)}"`;
  return `<text ${place}${classes.length === 0 ? '' : ` class="${classes.join(' ')}"`}>${escapeXml(text)}</text>`;
}

const lengthOf = (text: string): number => [...text].length;
const round = (pixels: number): number => Math.round(pixels * 10) / 10;

const output = (await textOf(process.stdin)).replace(/\r/g, '').replace(/\n+$/, '');
const lines = [`\u001b[2m$\u001b[22m \u001b[1m${command}\u001b[22m`, '', ...output.split('\n')].map(runsOf);
const columns = Math.max(80, ...lines.flat().map(({ column, text }) => column + lengthOf(text)));
const width = Math.ceil(2 * margin + columns * cellWidth);
const height = titleHeight + margin + lines.length * lineHeight;

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(`Output of ${command}`)}">
<style>
svg { --back: #ffffff; --bar: #eaeef2; --line: #d0d7de; --text: #1f2328; --r: #b3141d; --g: #116329; --y: #7d4e00; --c: #0a5c8f; --d: #59636e }
@media (prefers-color-scheme: dark) {
svg { --back: #0d1117; --bar: #21262d; --line: #3d444d; --text: #e6edf3; --r: #ff7b72; --g: #56d364; --y: #e3b341; --c: #76c7ff; --d: #9198a1 }
}
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; fill: var(--text); white-space: pre }
.d { fill: var(--d) } .r { fill: var(--r) } .g { fill: var(--g) } .y { fill: var(--y) } .c { fill: var(--c) }
.b { font-weight: 700 } .u { text-decoration: underline }
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" style="fill: var(--back); stroke: var(--line)"/>
<path d="M0.5 ${titleHeight - 6} V8.5 a8 8 0 0 1 8 -8 H${width - 8.5} a8 8 0 0 1 8 8 V${titleHeight - 6} Z" style="fill: var(--bar); stroke: var(--line)"/>
<circle cx="18" cy="14.5" r="5" fill="#ff5f57"/><circle cx="36" cy="14.5" r="5" fill="#febc2e"/><circle cx="54" cy="14.5" r="5" fill="#28c840"/>
${lines.flatMap((runs, index) => runs.map((run) => drawn(run, titleHeight + 16 + index * lineHeight))).join('\n')}
</svg>
`;
await writeFile(path, svg);
