import { distance } from 'fastest-levenshtein';

/**
 * The candidate that was most likely meant: at most a third of its letters differ, or it is the beginning of what was
 * written or the other way round (`postgres` for `postgresql`). Undefined where nothing is near.
 */
export function nearestName(written: string, candidates: Iterable<string>): string | undefined {
  const wanted = written.toLowerCase();
  let best: { readonly name: string; readonly edits: number } | undefined;
  for (const name of candidates) {
    const candidate = name.toLowerCase();
    const shorter = Math.min(wanted.length, candidate.length);
    const begins = shorter >= 4 && wanted.slice(0, shorter) === candidate.slice(0, shorter);
    const edits = begins ? 1 : distance(wanted, candidate);
    if (edits > Math.floor(Math.max(wanted.length, candidate.length) / 3)) continue;
    if (best === undefined || edits < best.edits) best = { name, edits };
  }
  return best?.name;
}
