import { OperationError } from '../../base/operation-error.ts';
import { QueryError } from './query-error.ts';

/**
 * Server errors that a table under a snapshot gives once it was dropped, renamed or altered; 1213 where that happens at the
 * same moment.
 */
export const changedErrors: ReadonlySet<number> = new Set([1051, 1054, 1146, 1213, 1412, 1605, 1684]);

export const tableChanged = (cause: unknown): OperationError =>
  new OperationError('source/changed', 'a table was dropped or changed while the backup ran', {
    hint: 'Back up at another time. MySQL can hold such changes off with servers.<name>.lockInstance.',
    transient: true,
    cause,
  });

/** Reads of tables that are known to exist, in a snapshot: says what it means where one is not as it was. */
export async function ofUnchangedTables<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof QueryError && changedErrors.has(error.errno ?? 0) ? tableChanged(error) : error;
  }
}
