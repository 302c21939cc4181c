import { OperationError } from '../base/operation-error.ts';
import type { NotRead } from '../render/not-read-lines.ts';
import { invalidUsage } from './invalid-input.ts';

export const repositoryAt = ({ name, location }: NotRead): string => `repository ${name} at ${location}`;

/** The same error, saying also where else the wanted backup may be. */
export function withNotRead(error: OperationError, notRead: readonly NotRead[]): OperationError {
  if (notRead.length === 0) return error;
  const own = error.hint === undefined ? '' : `${error.hint} `;
  return new OperationError(error.code, error.message, {
    hint: `${own}It may be in ${notRead.map(repositoryAt).join(' and ')}, which could not be read.`,
    cause: error,
  });
}

/** What `--set` names is nowhere; or, where a repository could not be read, perhaps in there. */
export function noSuchId(id: string, notRead: readonly NotRead[], globs: readonly string[] = []): Error {
  const [first] = notRead;
  const what = globs.length === 0 ? 'no backup' : `no backup of ${globs.join(', ')}`;
  if (first === undefined) return invalidUsage(`${what} has the id ${id}`, '`backup list` shows the ids.');
  return withNotRead(new OperationError(first.error.code, `no backup that can be read has the id ${id}`), notRead);
}
