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
      return new OperationError('repository/unreachable', `${what} failed: the file system is read-only`, {
        ...options,
        hint: 'Mount it for writing, and look why it was not: a disk with errors is made read-only by itself.',
      });
    default:
      return new OperationError('repository/io', `${what} failed (${code})`, options);
  }
}

/** The same for reading one object. What the storage itself cannot read any more is no trouble on the way there. */
export function readingError(error: unknown, key: string): OperationError {
  return isErrno(error, 'EIO', 'EBADMSG', 'EUCLEAN', 'EISDIR')
    ? unreadable(key, error)
    : storageError(error, `reading ${key}`);
}

export function unreadable(key: string, cause?: unknown): OperationError {
  return new OperationError(
    'repository/object-unreadable',
    `${key} cannot be read: it is damaged, or no regular file`,
    {
      hint: 'Look at the storage. Verify the other backups and back the database up again.',
      cause,
    },
  );
}

/** What keeps a repository from being opened at all. */
export function unopened(path: string, error: unknown): OperationError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return new OperationError('repository/unreachable', `${path} cannot be read (${code})`, {
    hint: isErrno(error, 'EACCES', 'EPERM')
      ? 'Run this as the user whose backups they are: nobody else may read them.'
      : 'Look at the disk and at the way to it. Backups in other repositories are not concerned.',
    cause: error,
  });
}

export function symbolicLink(what: string): OperationError {
  return new OperationError('repository/io', `${what} met a symbolic link inside the repository`, {
    hint: 'Holdfast makes none and follows none: replace it by the real file or directory.',
  });
}

export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
