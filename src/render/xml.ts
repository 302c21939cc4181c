/** A complete XML 1.0 document around one root element. Ends with a line feed. */
export function xmlDocument(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`;
}

/** One element, indented; content is either finished children or text. Names are ours and not checked, values are escaped. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content: readonly string[] | string = [],
): string {
  const head = `${name}${Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
    .join('')}`;
  if (content.length === 0) return `<${head}/>`;
  if (typeof content === 'string') return `<${head}>${escapeXml(content)}</${name}>`;
  return `<${head}>\n${content.map((child) => child.replace(/^/gm, '  ')).join('\n')}\n</${name}>`;
}

/**
 * For text and for attributes. Line ends become references, or a parser would turn those in attributes into spaces (XML 1.0,
 * section 3.3.3) and the indentation would reach into text. Characters that XML 1.0 cannot hold at all (section 2.2: most of
 * C0, lone surrogates, U+FFFE, U+FFFF) become `\x1b`-like text.
 */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(illegal, (character) => `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`)
    .replace(/[&<>"'\t\n\r\u0085\u2028]/g, (character) => references[character] ?? `&#${character.charCodeAt(0)};`);
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

// oxlint-disable-next-line no-control-regex -- these are what is looked for
const illegal = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u0084\u0086-\u009F\uFFFE\uFFFF]/g;
