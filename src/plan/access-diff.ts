import { createTwoFilesPatch } from 'diff';
import { isoTime } from '../base/instant.ts';
import type { AccessDrift } from './plan.ts';

/** Beyond this many changed lines a minimal diff costs more than it tells. */
const maxEditLength = 1_000;

/** The hunks of a unified diff of the canonical access texts, with one line of context; empty where they are equal. */
export function accessDiff(drift: AccessDrift): string {
  const { since } = drift;
  const [before, after] = [withoutValues(drift.before), withoutValues(drift.after)];
  if (before === after) return '';
  const patch = createTwoFilesPatch('backup', 'now', withEnd(before), withEnd(after), isoTime(since), '', {
    context: 1,
    maxEditLength,
  });
  return patch === undefined ? everyLine(before, after) : patch.slice(Math.max(0, patch.indexOf('@@'))).trimEnd();
}

/** Texts of older backups hold the values of settings with a dot in their name, which may be secrets. */
function withoutValues(text: string): string {
  return text.replace(/^(set [^ '"]*\..* to )'.*'$/gm, '$1a value that is not shown');
}

/** Both texts are sorted lines without repetition, so what is only in one of them says it all. */
function everyLine(before: string, after: string): string {
  const then = new Set(before.split('\n'));
  const now = new Set(after.split('\n'));
  return [...then.difference(now)]
    .map((line) => `-${line}`)
    .concat([...now.difference(then)].map((line) => `+${line}`))
    .join('\n');
}

function withEnd(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
