import { accessSync, constants, statSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { OperationError } from '../base/operation-error.ts';

/** The absolute path of a program in PATH, or the absolute path itself where it is one. Throws `process/not-found`. */
export function findProgram(program: string): string {
  const folders = isAbsolute(program)
    ? ['']
    : (process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(':').filter(isAbsolute);
  const found =
    program.includes('/') && !isAbsolute(program)
      ? undefined
      : folders.map((folder) => join(folder, program)).find(isExecutable);
  if (found === undefined) {
    throw new OperationError('process/not-found', `the program ${basename(program)} was not found`, {
      hint: 'Install it or add its folder to PATH.',
    });
  }
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
