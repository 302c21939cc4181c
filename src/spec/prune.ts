import type { ErrorObject } from 'ajv';
import { isOfName, pathOf } from './explain.ts';
import type { SpecDocument } from './spec-document.gen.ts';
import type { SpecPath } from './spec-text.ts';
import { validateSpec } from './validate-spec.ts';

/** A copy without what does not fit the schema; undefined where nothing sound is left. */
export function prune(data: unknown): SpecDocument | undefined {
  const copy: unknown = structuredClone(data);
  // Each round can make a container incomplete, which the next one removes: a spec is at most this deep.
  for (let round = 0; round < 8; round += 1) {
    const errors = validateSpec(copy).filter((error) => !emptied(error) && !isOfName(error));
    if (errors.length === 0) return copy as SpecDocument;
    const unfit = errors.map((error): SpecPath => {
      if (error.keyword === 'additionalProperties')
        return [...pathOf(error), String(error.params['additionalProperty'])];
      if (error.keyword === 'propertyNames') return [...pathOf(error), String(error.params['propertyName'])];
      return pathOf(error);
    });
    if (unfit.some((path) => path.length === 0)) return undefined;
    // From the back, so that the indexes of lists stay true.
    for (const path of unfit.toSorted((a, b) => Number(b.at(-1)) - Number(a.at(-1)) || 0)) remove(copy, path);
  }
  return undefined;
}

/** A whole section may have gone; that alone is no reason to look at nothing else. */
function emptied(error: ErrorObject): boolean {
  return error.keyword === 'minProperties' && pathOf(error).length === 1;
}

function remove(data: unknown, path: SpecPath): void {
  let holder = data;
  for (const part of path.slice(0, -1)) holder = isRecord(holder) ? holder[part] : undefined;
  const last = path.at(-1);
  if (last === undefined || !isRecord(holder)) return;
  if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else delete holder[last];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
