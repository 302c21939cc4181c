import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf, OperationError } from '../base/operation-error.ts';
import { parseBackupId } from '../manifest/keys.ts';
import type { PlanDocument } from '../plan/plan-document.gen.ts';
import { parseSavedPlan } from '../plan/saved-plan.ts';
import type { Context } from './context.ts';

/** A plan saved by `plan --out`. Throws `usage/invalid` or `plan/stale` where it is none, or was edited. */
export async function readSavedPlan(file: string, context: Context): Promise<PlanDocument> {
  const text = await readFile(resolve(context.cwd, file), 'utf8').catch((error: unknown) => {
    throw new OperationError('usage/invalid', `plan ${file} cannot be read: ${messageOf(error)}`, {
      hint:
        parseBackupId(file) === undefined
          ? 'Make one with `backup plan --out FILE`.'
          : 'It looks like the id of a backup: `backup list` shows those, and verify, drill and restore take an id with --set.',
      cause: error,
    });
  });
  return parseSavedPlan(text);
}
