import { isAlias, isMap, isPair, isScalar, isSeq, type Document, type Node, type Pair } from 'yaml';

const nameDepth = 2;

/** From `start` to before `end`, in characters of the text. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** `passwords: hashes` is a choice and no secret; a key that says `env` or `file` names where the secret is. */
export function looksSecret(key: string): boolean {
  return secretKey.test(key) && key !== 'passwords';
}

/**
 * Every part of the text that may hold a secret: what stands under a secret-looking key and is no reference, passwords
 * in URLs and connection strings, and the same in comments. Rather too much than too little: it is only for showing.
 */
export function secretRanges(text: string, document: Document): readonly TextRange[] {
  const ranges: TextRange[] = [];
  const seen = new Set<Node>();
  const add = (node: Node): void => {
    if (!node.range || node.range[1] <= node.range[0]) return;
    const [start, end] = node.range;
    // An unquoted password that holds " #" ends there for YAML; the rest of it is a comment.
    const comment = /^[ \t]+#[^\n]*/.exec(text.slice(end, end + 1_000))?.[0] ?? '';
    ranges.push({ start, end: end + comment.length });
  };

  const hide = (node: unknown): void => {
    if (isAlias(node)) return hide(node.resolve(document));
    if (isScalar(node)) return add(node);
    if (isSeq(node)) return node.items.forEach(hide);
    if (!isMap(node) || seen.has(node)) return;
    seen.add(node);
    for (const pair of node.items) {
      const name = keyOf(pair);
      const value = isScalar(pair.value) ? pair.value.value : undefined;
      if (name === 'file' && typeof value === 'string') continue;
      if (name === 'env' && typeof value === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) continue;
      if (name !== 'file' && name !== 'env') hide(pair.key);
      hide(pair.value);
    }
  };
  const walk = (node: unknown, depth: number): void => {
    if (isPair(node)) {
      // The second level holds names: an entry called `secrets` is no secret, a plain text under it may be.
      const isName = depth === nameDepth && isMap(node.value);
      return looksSecret(keyOf(node)) && !isName ? hide(node.value) : walk(node.value, depth);
    }
    // An unquoted password that holds "," ends there inside braces; the rest of it is a key without a value.
    if (isMap(node) && node.flow === true && node.items.some((pair) => looksSecret(keyOf(pair)))) {
      for (const { key, value } of node.items) if (value === null && isScalar(key)) add(key);
    }
    if ((isMap(node) || isSeq(node)) && !seen.has(node)) {
      seen.add(node);
      for (const item of node.items) walk(item, depth + 1);
    }
  };
  walk(document.contents, 0);

  for (const pattern of document.errors.length > 0 ? [...anywhere, inBrokenText] : anywhere) {
    for (const found of text.matchAll(pattern)) {
      const [start, end] = found.indices?.groups?.['secret'] ?? [0, 0];
      if (end > start) ranges.push({ start, end });
    }
  }
  return ranges;
}

function keyOf(pair: Pair): string {
  return keyText(pair.key);
}

/** A key as the property name that it becomes; nothing for keys that are lists or mappings. */
export function keyText(key: unknown): string {
  const value = isScalar(key) ? key.value : undefined;
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}

const secretKey =
  /pass(word|wd|phrase|code)?s?$|pass(word|phrase)|pwd|secret|token|credential|(api|access|private|digest)[-_]?key/i;

const anywhere = [
  // postgres://user:secret@host
  /:\/\/[^\s:@/]*:(?<secret>[^\s@]+)@/dgu,
  // password=secret in connection strings and URLs
  /\w*(?:password|passwd|pwd|secret|token)\w*=(?<secret>'[^'\n]*'|"[^"\n]*"|[^\s,;&'"}]+)/dgiu,
  // # password: secret
  /#[^\n]*(?:password|passwd|pwd|secret|token)\w*["']?\s*[:=]\s*(?<secret>[^\s{][^\n]*)/dgiu,
];

/** A document that does not parse has no reliable nodes: then the line decides. */
const inBrokenText =
  /(?:password|passwd|passphrase|pwd|secret|token|credentials?)\w*["']?[ \t]*:[ \t]*(?!\{\s*(?:env|file)\s*:|hashes\s|omit\s)(?<secret>[^\s][^\n]*)/dgiu;
