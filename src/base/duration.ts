import type { Brand } from './brand.ts';

/** A length of time in milliseconds. */
export type Duration = Brand<number, 'Duration'>;

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

export function duration(milliseconds: number): Duration {
  return milliseconds as Duration;
}

/** `90s`, `15m`, `6h`, `7d`, `2w`, also in sequence (`1h30m`). Months and years have no fixed length and do not exist here. */
export function parseDuration(text: string): Duration | undefined {
  if (!/^(\d{1,6}[smhdw])+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhdw])/g))
    total += Number(count) * units[unit as keyof typeof units];
  return duration(total);
}

/** The two largest units, for people: `3d 4h`, `41s`, `250ms`. */
export function formatDuration(span: number): string {
  const milliseconds = Math.round(Math.abs(span));
  if (milliseconds < 1_000) return `${milliseconds}ms`;
  const parts: string[] = [];
  let rest = Math.round(milliseconds / 1_000);
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}
