import type { Brand } from './brand.ts';

/** A point in time: milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = Brand<number, 'Instant'>;

export function instant(milliseconds: number): Instant {
  return Math.trunc(milliseconds) as Instant;
}

/** `2026-11-22T19:46:29.000Z` → Instant; undefined where the text is no full ISO 8601 time with a zone. */
export function parseInstant(text: string): Instant | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  // Date.parse takes 30 February for 2 March.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(milliseconds) || day.toISOString().slice(0, 10) !== text.slice(0, 10)
    ? undefined
    : instant(milliseconds);
}

/** ISO 8601 in UTC with milliseconds. */
export function isoTime(at: Instant): string {
  return new Date(at).toISOString();
}
