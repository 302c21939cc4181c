import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../../base/operation-error.ts';
import { repositoryMarker } from '../../manifest/keys.ts';
import { isErrno, unopened } from './storage-error.ts';

const formatVersion = 1;

/** The text of holdfast.json of a new repository. */
export function markerText(id: string): string {
  return `${JSON.stringify({ kind: 'holdfast.repository', formatVersion, id }, undefined, 2)}\n`;
}

/** Reads holdfast.json. Throws `repository/not-initialised`, `repository/format`, `repository/unreachable`. */
export async function readMarker(root: string): Promise<{ readonly id: string }> {
  const parsed = parse(await readText(root));
  if (
    typeof parsed === 'object' &&
    parsed !== null &&
    'kind' in parsed &&
    parsed.kind === 'holdfast.repository' &&
    'formatVersion' in parsed &&
    'id' in parsed
  ) {
    if (typeof parsed.formatVersion === 'number' && parsed.formatVersion > formatVersion) {
      throw new OperationError(
        'repository/format',
        `${root} was written by a newer Holdfast (format ${parsed.formatVersion})`,
        { hint: 'Update Holdfast.' },
      );
    }
    if (parsed.formatVersion === formatVersion && typeof parsed.id === 'string' && /^[0-9a-f]{32}$/.test(parsed.id))
      return { id: parsed.id };
  }
  throw new OperationError(
    'repository/not-initialised',
    `${join(root, repositoryMarker)} is not a mark of a Holdfast repository`,
    { hint: 'It is a small file: bring it back from a copy of the repository.' },
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readText(root: string): Promise<string> {
  try {
    await using file = await open(join(root, repositoryMarker), constants.O_RDONLY | constants.O_NOFOLLOW);
    return (await file.readFile()).subarray(0, 64 * 1024).toString('utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
      throw new OperationError('repository/not-initialised', `${root} holds no ${repositoryMarker}`, {
        hint: 'Check that its disk is mounted. For a new repository run `backup repository init`.',
      });
    }
    throw unopened(join(root, repositoryMarker), error);
  }
}
