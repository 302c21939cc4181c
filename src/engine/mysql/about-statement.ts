import { quoteName } from './quote.ts';
import { tokensOf, type Token } from './tokens.ts';

/**
 * What one of our own statements about accounts does and to whom, for an error: `ALTER USER app@%`. Texts are left out, and so
 * is everything from where a password may come: nothing secret is ever in a name.
 */
export function aboutStatement(statement: string): string {
  const tokens = tokensOf(statement, { backslashes: false });
  // Conditional statements carry the one that matters as a text.
  const inner = tokens.find(({ kind, value }) => kind === 'text' && /^(CREATE|GRANT|REVOKE) /.test(value));
  if (inner !== undefined) return aboutStatement(inner.value);
  const end = tokens.findIndex(({ kind, value }) => kind !== 'name' && kind !== 'text' && ends.has(value));
  const told = end < 0 ? tokens : tokens.slice(0, end);
  const text = told.reduce((before, token) => `${before}${gapBefore(token, before)}${shown(token)}`, '');
  return text.replace(/\p{Cc}/gu, ' ').slice(0, 200);
}

const ends: ReadonlySet<string> = new Set(['IDENTIFIED', 'REQUIRE', 'PASSWORD', '=']);

const shown = ({ kind, value }: Token): string => {
  if (kind === 'text') return '…';
  return kind === 'name' && !/^[\p{L}\p{N}_$.:%/-]*$/u.test(value) ? quoteName(value) : value;
};

const gapBefore = ({ kind, value }: Token, text: string): string => {
  const joins = kind === 'sign' && ('@.,)'.includes(value) || (value === '*' && text.endsWith('.')));
  return text === '' || joins || /[@.(]$/.test(text) ? '' : ' ';
};
