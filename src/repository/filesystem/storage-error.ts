import { OperationError } from '../../base/operation-error.ts';

/** What the operating system refused, as the operator's words. `what` is a short noun phrase: `writing data/…`. */
export function storageError(error: unknown, what: string): OperationError {
  if (error instanceof OperationError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const options = { cause: error };
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new OperationError('repository/full', `no space is left for ${what}`, {
        ...options,
        hint: 'Free space on the repository’s file system; nothing that was committed is affected.',
      });
    case 'EEXIST':
      return new OperationError('repository/object-exists', `${what} found an object of this name`, options);
    case 'ENOENT':
      return new OperationError('repository/object-missing', `${what} found no such object`, options);
    case 'ELOOP':
      return symbolicLink(what);
    case 'EROFS':
      return new OperationError('repository/unreachable', `${what} failed: the file system is read-only`, options);
    default:
      return new OperationError('repository/io', `${what} failed (${code})`, options);
  }
}

export function symbolicLink(what: string): OperationError {
  return new OperationError('repository/io', `${what} met a symbolic link inside the repository`, {
    hint: 'Holdfast makes none and follows none: replace it by the real file or directory.',
  });
}

export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
