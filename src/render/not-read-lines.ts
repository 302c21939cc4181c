import type { OperationError } from '../base/operation-error.ts';
import { errorJson } from './error-json.ts';
import { escapeControl } from './neutral.ts';
import type { Paint } from './paint.ts';

/** A declared repository that could not be read: what it holds is unknown, which is not the same as nothing. */
export interface NotRead {
  /** Its name in the spec. */
  readonly name: string;
  readonly location: string;
  readonly error: OperationError;
}

/** A block each, with the next step; empty where every repository could be read. */
export function notReadLines(notRead: readonly NotRead[], paint: Paint): readonly string[] {
  return notRead.flatMap(({ name, location, error }) => [
    `${paint.error('✗ NOT READ')}  repository ${name} at ${escapeControl(location)}: ${escapeControl(error.message)} [${error.code}]`,
    '              Whatever backups it holds are missing here.',
    ...(error.hint === undefined ? [] : [`              ${escapeControl(error.hint)}`]),
  ]);
}

/** The same for a document. */
export function notReadJson({ name, location, error }: NotRead) {
  return { name, location, error: errorJson(error) };
}
