import { OperationError } from '../base/operation-error.ts';
import { Secret } from '../base/secret.ts';

/** What is read of a secret's file. `mode` as in `stat`, undefined where the platform has no such thing. */
export interface SecretFile {
  readonly text: string;
  readonly mode: number | undefined;
}

/**
 * A secret from a file: its whole text without one line break at the end. Throws `secret/missing` where it cannot be
 * read or is empty, and where anyone may write it: who writes the file chooses the credential. Reading by others is
 * allowed, and warned of where the spec names the file (`exposures`).
 */
export async function readFileSecret(path: string, read: (path: string) => Promise<SecretFile>): Promise<Secret> {
  const file = await read(path).catch((cause: unknown) => {
    throw new OperationError('secret/missing', `the secret file ${path} cannot be read (${reasonOf(cause)})`, {
      hint: 'Check that it exists and that the user who runs backup may read it.',
    });
  });
  if (file.mode !== undefined && isWritableByAnyone(file.mode)) throw anyoneMayWrite(path);
  const value = file.text.replace(/\r?\n$/, '');
  if (value === '') throw new OperationError('secret/missing', `the secret file ${path} is empty`);
  return new Secret(value);
}

export const isWritableByAnyone = (mode: number): boolean => (mode & 0o002) !== 0;

export const anyoneMayWrite = (path: string): OperationError =>
  new OperationError('secret/missing', `the secret file ${path} may be written by anyone, so it is not used`, {
    hint: `Run chmod o-w on ${path}.`,
  });

/** Only the system's code: a message could quote what was read. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'unknown error';
}
